//! Users sign up, in and out.

use serde_json::json;
use smoke_actix::{Client, Result, Unique, ensure_eq, ensure_some, smoke_test};

use super::customer::{Customer, credentials};
use super::mail::Mails;
use crate::users::User;

#[smoke_test]
async fn the_health_check_answers(client: Client) -> Result {
    client.get("/health").send().await?.ensure_status(200)?;
    Ok(())
}

/// Who signs in is known from then on, by the cookie and the session in redis.
#[smoke_test]
async fn a_user_can_sign_in(customer: Customer) -> Result {
    let page = customer.client.get("/me").send().await?;
    let me: User = page.ensure_status(200)?.json()?;
    ensure_eq!(me.id, customer.user.id);
    Ok(())
}

#[smoke_test]
async fn a_wrong_password_opens_nothing(client: Client, customer: Customer) -> Result {
    let wrong = json!({ "email": customer.user.email, "password": "not that of this user" });
    let other = client.keep_cookies();
    let answer = other.post("/session").json(&wrong).send().await?;
    answer.ensure_status(401)?;
    other.get("/me").send().await?.ensure_status(401)?;
    Ok(())
}

#[smoke_test]
async fn who_signs_out_is_not_known_any_more(customer: Customer) -> Result {
    let client = customer.client;
    // It ends the session in redis, and needs no other database.
    let answer = client.delete("/session").without_database().send().await?;
    answer.ensure_status(204)?;
    client.get("/me").send().await?.ensure_status(401)?;
    Ok(())
}

#[smoke_test]
async fn who_signs_up_is_welcomed(client: Client, unique: Unique, Mails(mails): Mails) -> Result {
    let new = credentials(&unique);
    let answer = client.post("/users").json(&new).send().await?;
    answer.ensure_status(201)?;
    let mails = mails.mails();
    let mail = ensure_some!(mails.first(), "no mail was sent");
    ensure_eq!(mail.recipient, new["email"]);
    ensure_eq!(mail.subject, "Welcome");
    Ok(())
}
