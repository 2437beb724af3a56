//! The smoke tests: safe to run in production, at any time.

use serde_json::json;
use smoke_axum::{Client, Registry, Result, Sandbox, Unique, ensure_eq, ensure_le, smoke_test};
use smoke_sqlx::Rollback;
use sqlx::SqlitePool;

use crate::users::{self, User};

#[smoke_test]
async fn users_can_be_listed(client: Client) -> Result {
    let answer = client.get("/users").send().await?;
    let users: Vec<User> = answer.ensure_status(200)?.json()?;
    ensure_le!(users.len(), 100);
    Ok(())
}

/// What the handler writes is there, and is gone when the test is over.
#[smoke_test]
async fn a_user_can_sign_up(client: Client, db: Sandbox<SqlitePool>, unique: Unique) -> Result {
    let new = json!({ "email": unique.email() });
    let answer = client.post("/users").json(&new).send().await?;
    let user: User = answer.ensure_status(201)?.json()?;
    let email: String = sqlx::query_scalar("SELECT email FROM users WHERE id = ?")
        .bind(user.id)
        .fetch_one(&*db)
        .await?;
    ensure_eq!(email, new["email"]);
    let page = client.get(format!("/users/{}", user.id)).send().await?;
    page.ensure_status(200)?;
    Ok(())
}

#[smoke_test]
async fn an_address_can_sign_up_once(client: Client, unique: Unique) -> Result {
    let new = json!({ "email": unique.email() });
    let sign_up = || client.post("/users").json(&new).send();
    sign_up().await?.ensure_status(201)?;
    sign_up().await?.ensure_status(409)?;
    Ok(())
}

pub(crate) fn registry(pool: &SqlitePool) -> Registry {
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(3)
        .rollback(Rollback::like(pool))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<SqlitePool>| {
            users::router(pool)
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
