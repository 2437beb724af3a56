//! A small application with the lowest versions of everything. It runs its smoke tests once, and
//! fails unless they pass and leave nothing behind.

use std::error::Error;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool, PoolError};
use smoke_axum::SmokeLayer;
use smoke_axum::{Client, Registry, Result, Runner, Sandbox, Selection, ensure_eq, smoke_test};
use smoke_diesel::r2d2::Rollback;

type Connections = Pool<ConnectionManager<SqliteConnection>>;

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}

fn router(pool: Connections) -> Router {
    Router::new()
        .route("/notes", post(write).get(count))
        .with_state(pool)
}

async fn write(State(pool): State<Connections>, text: String) -> StatusCode {
    let written = on_thread(pool, move |connection| {
        diesel::insert_into(notes::table)
            .values(notes::text.eq(text))
            .execute(connection)
    });
    match written.await {
        Ok(_) => StatusCode::CREATED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn count(State(pool): State<Connections>) -> std::result::Result<Json<i64>, StatusCode> {
    let counted = on_thread(pool, |connection| {
        notes::table.count().get_result(connection)
    });
    counted
        .await
        .map(Json)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn on_thread<T: Send + 'static>(
    pool: Connections,
    work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
) -> std::result::Result<T, Box<dyn Error + Send + Sync>> {
    let work = move || Ok(work(&mut *pool.get()?)?);
    tokio::task::spawn_blocking(work).await?
}

#[smoke_test]
async fn a_note_is_written_and_counted(client: Client) -> Result {
    client
        .post("/notes")
        .body("Milk")
        .send()
        .await?
        .ensure_status(201)?;
    let notes: i64 = client.get("/notes").send().await?.json()?;
    ensure_eq!(notes, 1);
    Ok(())
}

#[smoke_test]
fn the_sandbox_has_the_table(Sandbox(pool): Sandbox<Connections>) -> Result {
    let notes: i64 = notes::table.count().get_result(&mut pool.get()?)?;
    ensure_eq!(notes, 0);
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("which database?")?;
    let pool = open(&url)?;
    let registry = Registry::discover()
        .expect_at_least(2)
        .rollback(Rollback::new(&url))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<Connections>| {
            router(pool)
        }))
        .open();
    let runner = Runner::new(registry);
    let _service: Router = router(pool.clone()).layer(SmokeLayer::new(&runner));

    let report = runner.run(Selection::fast()).await;
    println!("{report:#?}");
    runner.shutdown().await;
    let left: i64 = notes::table.count().get_result(&mut pool.get()?)?;
    if !report.verdict().is_pass() || left != 0 {
        return Err(format!("{}, and {left} notes are left", report.verdict()).into());
    }
    Ok(())
}

fn open(url: &str) -> std::result::Result<Connections, PoolError> {
    let pool = Connections::new(ConnectionManager::new(url))?;
    let table = "PRAGMA journal_mode = WAL; DROP TABLE IF EXISTS notes; \
                 CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    pool.get()?
        .batch_execute(table)
        .expect("the table can be made");
    Ok(pool)
}
