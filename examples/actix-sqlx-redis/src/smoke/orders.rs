//! Customers order, and each order is placed once.

use serde_json::json;
use smoke_actix::{
    Client, Response, Result, Sandbox, Unique, ensure_contains, ensure_eq, smoke_test,
};
use sqlx::PgPool;

use super::customer::Customer;
use crate::orders::Order;

async fn order(client: &Client, key: &str) -> Result<Response> {
    let new = json!({ "item": "apple", "quantity": 2 });
    let request = client.post("/orders").header("idempotency-key", key);
    Ok(request.json(&new).send().await?)
}

/// A client that asks again, since the first answer was lost, has one order and one mail.
#[smoke_test(tags("orders"))]
async fn an_order_is_placed_once(
    customer: Customer,
    db: Sandbox<PgPool>,
    unique: Unique,
) -> Result {
    let key = unique.name();
    let first = order(&customer.client, &key).await?;
    let first: Order = first.ensure_status(201)?.json()?;
    let again = order(&customer.client, &key).await?;
    let again: Order = again.ensure_status(201)?.json()?;
    ensure_eq!(first.id, again.id, "the same key gave two orders");

    let list = customer.client.get("/orders").send().await?;
    let list: Vec<Order> = list.ensure_status(200)?.json()?;
    ensure_eq!(list.len(), 1);
    let subjects: Vec<String> =
        sqlx::query_scalar("SELECT subject FROM mails WHERE recipient = $1")
            .bind(&customer.user.email)
            .fetch_all(&*db)
            .await?;
    ensure_eq!(subjects, [format!("Your order {}", first.id)]);
    Ok(())
}

#[smoke_test(tags("orders"))]
async fn a_key_is_good_for_one_request(customer: Customer, unique: Unique) -> Result {
    let key = unique.name();
    order(&customer.client, &key).await?.ensure_status(201)?;
    let other = json!({ "item": "pear", "quantity": 1 });
    let request = customer
        .client
        .post("/orders")
        .header("idempotency-key", key);
    let answer = request.json(&other).send().await?.ensure_status(409)?;
    ensure_contains!(answer.text()?, "another request");
    Ok(())
}

#[smoke_test(tags("orders"))]
async fn strangers_order_nothing(client: Client, unique: Unique) -> Result {
    let answer = order(&client, &unique.name()).await?;
    answer.ensure_status(401)?;
    Ok(())
}
