//! An application that sells, and its smoke tests, all of which write.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use smoke_axum::{Client, Limits, Provided, Registry, Result, Sandbox, Test};

use crate::stack::Stack;

/// The tables of the shop, with sixteen tills that have sold nothing.
pub const TABLES: &[&str] = &[
    "CREATE TABLE sales (note TEXT NOT NULL)",
    "CREATE TABLE tills (id INTEGER PRIMARY KEY, sold INTEGER NOT NULL)",
    "INSERT INTO tills (id, sold) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), \
     (9, 0), (10, 0), (11, 0), (12, 0), (13, 0), (14, 0), (15, 0), (16, 0)",
];

/// How many rows a smoke test has left.
pub const ROWS: &str = "SELECT count(*) FROM sales WHERE note = 'smoke'";

/// The tills that a smoke test sells at.
#[derive(Clone, Copy, Debug)]
pub struct Tills(pub u32, pub u32);

/// The application's routes.
pub fn router<S: Stack>(pool: S::Pool) -> Router {
    Router::new()
        .route("/sales/{till}", post(sell::<S>))
        .route("/export", get(export::<S>))
        .with_state(pool)
}

async fn sell<S: Stack>(
    State(pool): State<S::Pool>,
    Path(till): Path<u32>,
) -> Result<StatusCode, (StatusCode, String)> {
    let sql = format!(
        "INSERT INTO sales (note) VALUES ('smoke'); UPDATE tills SET sold = sold + 1 WHERE id = {till}"
    );
    answered(S::transaction(&pool, sql).await)
}

async fn export<S: Stack>(State(pool): State<S::Pool>) -> Result<StatusCode, (StatusCode, String)> {
    answered(S::transaction(&pool, S::EXPORT.to_owned()).await)
}

fn answered(ran: Result<(), String>) -> Result<StatusCode, (StatusCode, String)> {
    match ran {
        Ok(()) => Ok(StatusCode::CREATED),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error)),
    }
}

/// The smoke tests. Nothing bounds how many of them run in a minute.
pub fn registry<S: Stack>(url: &str, tills: Tills) -> Registry {
    let limits = Limits::default()
        .starts_per_minute(usize::MAX)
        .reuse(Duration::ZERO);
    Registry::new()
        .limits(limits)
        .provide(tills)
        .rollback(S::rollback(url))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<S::Pool>| {
            router::<S>(pool)
        }))
        .test(Test::new("shop::sells", sells))
        .test(Test::new("shop::sells_at_both_tills", sells_at_both_tills))
        .test(Test::new("shop::writes_by_itself", writes_by_itself::<S>))
}

/// With an answer that the sockets do not hold.
pub fn with_an_export(registry: Registry) -> Registry {
    registry.test(Test::new("shop::exports", exports))
}

/// With a test that keeps its sandbox for longer than that may be.
pub fn with_one_that_is_too_long(registry: Registry) -> Registry {
    registry.test(Test::new("shop::is_too_long", is_too_long))
}

async fn is_too_long(client: Client, tills: Provided<Tills>) -> Result {
    sell_at(&client, tills.0).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(())
}

async fn sells(client: Client, tills: Provided<Tills>) -> Result {
    for _ in 0..3 {
        sell_at(&client, tills.0).await?;
    }
    Ok(())
}

/// The other way round than production, so that each can wait for the other.
async fn sells_at_both_tills(client: Client, tills: Provided<Tills>) -> Result {
    sell_at(&client, tills.1).await?;
    sell_at(&client, tills.0).await
}

async fn writes_by_itself<S: Stack>(
    client: Client,
    Sandbox(pool): Sandbox<S::Pool>,
    tills: Provided<Tills>,
) -> Result {
    sell_at(&client, tills.0).await?;
    S::transaction(
        &pool,
        "INSERT INTO sales (note) VALUES ('smoke')".to_owned(),
    )
    .await?;
    Ok(())
}

async fn exports(client: Client, tills: Provided<Tills>) -> Result {
    sell_at(&client, tills.0).await?;
    client.get("/export").send().await?.ensure_success()?;
    Ok(())
}

async fn sell_at(client: &Client, till: u32) -> Result {
    let path = format!("/sales/{till}");
    client.post(path).send().await?.ensure_status(201)?;
    Ok(())
}
