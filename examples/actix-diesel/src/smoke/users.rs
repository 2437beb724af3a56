//! Users sign up through the service's own handlers. All of it is rolled back.

use diesel::prelude::*;
use serde_json::json;
use smoke_actix::{Client, Result, Unique, ensure_eq, ensure_le, smoke_test};

use super::Db;
use crate::db::query;
use crate::schema::users;
use crate::users::User;

#[smoke_test]
async fn users_can_be_listed(client: Client) -> Result {
    let users: Vec<User> = client
        .get("/users")
        .send()
        .await?
        .ensure_status(200)?
        .json()?;
    ensure_le!(users.len(), 100);
    Ok(())
}

/// What the handler writes is there, and is gone when the test is over.
#[smoke_test(tags("sign-up"))]
async fn a_user_can_sign_up(client: Client, Db(db): Db, unique: Unique) -> Result {
    let new = json!({ "email": unique.email(), "name": "Smoke" });
    let answer = client.post("/users").json(&new).send().await?;
    let user: User = answer.ensure_status(201)?.json()?;

    let email: String = query!(db, |connection| users::table
        .find(user.id)
        .select(users::email)
        .first(connection))?;
    ensure_eq!(email, new["email"]);
    Ok(())
}

#[smoke_test(tags("sign-up"))]
async fn an_address_can_sign_up_once(client: Client, unique: Unique) -> Result {
    let new = json!({ "email": unique.email(), "name": "Smoke" });
    let sign_up = || client.post("/users").json(&new).send();
    sign_up().await?.ensure_status(201)?;
    sign_up().await?.ensure_status(409)?;
    Ok(())
}

#[smoke_test(tags("sign-up"))]
async fn what_is_no_address_cannot_sign_up(client: Client) -> Result {
    let new = json!({ "email": "nobody", "name": "Smoke" });
    let answer = client.post("/users").json(&new).send().await?;
    answer.ensure_status(422)?;
    Ok(())
}
