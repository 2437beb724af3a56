//! The smoke tests: safe to run in production, at any time.

use sea_orm::{DatabaseConnection, EntityTrait as _};
use serde_json::json;
use smoke_axum::{
    Client, Registry, Result, Sandbox, Unique, ensure_eq, ensure_le, ensure_some, smoke_test,
};
use smoke_sea_orm::Rollback;

use crate::users::{self, Entity, Model};

#[smoke_test]
async fn users_can_be_listed(client: Client) -> Result {
    let answer = client.get("/users").send().await?;
    let users: Vec<Model> = answer.ensure_status(200)?.json()?;
    ensure_le!(users.len(), 100);
    Ok(())
}

/// What the handler writes is there, and is gone when the test is over.
#[smoke_test]
async fn a_user_can_sign_up(
    client: Client,
    db: Sandbox<DatabaseConnection>,
    unique: Unique,
) -> Result {
    let new = json!({ "email": unique.email() });
    let answer = client.post("/users").json(&new).send().await?;
    let user: Model = answer.ensure_status(201)?.json()?;
    let found = ensure_some!(Entity::find_by_id(user.id).one(&*db).await?);
    ensure_eq!(found.email, new["email"]);
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

pub(crate) fn registry(db: &DatabaseConnection) -> Registry {
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(3)
        .rollback(Rollback::like(db))
        .app(smoke_axum::app(
            |Sandbox(db): Sandbox<DatabaseConnection>| users::router(db),
        ))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
