//! What handlers write is rolled back: diesel, r2d2, SQLite and PostgreSQL.
#![allow(missing_docs, reason = "diesel writes none")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod database;
mod shop;

use actix_web::App;
use actix_web::web::{Data, ServiceConfig};
use diesel::{PgConnection, SqliteConnection};
#[cfg(feature = "live")]
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
#[cfg(feature = "live")]
use smoke_actix::LiveServer;
use smoke_actix::{
    Client, Outcome, Registry, Result, Runner, Sandbox, Selection, Test, TestReport, app,
};
use smoke_diesel::r2d2::Interact as _;
#[cfg(feature = "live")]
use tokio_tungstenite::{connect_async, tungstenite::Message};

use database::{Database, Pool};
use shop::{Shop, routes};

async fn run(registry: Registry) -> TestReport {
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn writes(client: Client) -> Result {
    for name in ["quokka", "platypus"] {
        let request = client.post("/users").json(&json!(name));
        request.send().await?.ensure_status(201)?;
    }
    Ok(())
}

async fn writes_and_looks<C: Shop>(client: Client, db: Sandbox<Pool<C>>) -> Result {
    writes(client.clone()).await?;
    let names = db.interact(C::names).await?;
    assert_eq!(names, ["quokka", "platypus"]);
    let counted = client.get("/users").send().await?.ensure_status(200)?;
    assert_eq!(counted.text()?, "2");
    Ok(())
}

#[cfg(feature = "live")]
async fn talks_and_looks<C: Shop>(live: LiveServer, db: Sandbox<Pool<C>>) -> Result {
    let (mut socket, _) = connect_async(live.ws_url("/talk")).await?;
    for name in ["quokka", "platypus"] {
        socket.send(Message::text(name)).await?;
        let said = socket.next().await.ok_or("the socket has ended")??;
        assert_eq!(said.to_text()?, "written");
    }
    let names = db.interact(C::names).await?;
    assert_eq!(names, ["quokka", "platypus"]);
    socket.close(None).await?;
    while socket.next().await.is_some() {}
    Ok(())
}

async fn rolled_back<C: Shop>(database: Database<C>, test: Test) {
    let registry = C::sandboxes(Registry::new(), database.url())
        .app(app(|Sandbox(pool): Sandbox<Pool<C>>| {
            let pool = Data::new(pool);
            move || App::new().app_data(pool.clone()).configure(routes::<C>)
        }))
        .test(test);
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
    assert_eq!(database.rows(), 0);
}

/// On SQLite the other pool is another file's: the same one would have the application wait.
async fn bypassed<C: Shop>(database: Database<C>, other: Database<C>) {
    let production = Data::new(other.pool());
    let registry = C::sandboxes(Registry::new(), database.url())
        .app(app(move |_: Sandbox<Pool<C>>| {
            let production = production.clone();
            move |config: &mut ServiceConfig| {
                config.app_data(production.clone()).configure(routes::<C>);
            }
        }))
        .test(Test::new("shop::writes", writes));
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    let message = test.message.unwrap();
    assert!(message.contains("NOT rolled back"), "{message}");
    assert_eq!((database.rows(), other.rows()), (0, 1));
}

#[tokio::test]
async fn what_a_handler_writes_is_seen_by_the_test_and_rolled_back_on_sqlite() {
    let test = Test::new("shop::writes", writes_and_looks::<SqliteConnection>);
    rolled_back(Database::<SqliteConnection>::of_a_file(), test).await;
}

#[tokio::test]
async fn what_a_handler_writes_is_seen_by_the_test_and_rolled_back_on_postgres() {
    let test = Test::new("shop::writes", writes_and_looks::<PgConnection>);
    rolled_back(Database::<PgConnection>::of_a_schema(), test).await;
}

#[cfg(feature = "live")]
#[tokio::test]
async fn what_a_websocket_writes_is_seen_by_the_test_and_rolled_back_on_sqlite() {
    let test = Test::new("shop::talks", talks_and_looks::<SqliteConnection>);
    rolled_back(Database::<SqliteConnection>::of_a_file(), test).await;
}

#[cfg(feature = "live")]
#[tokio::test]
async fn what_a_websocket_writes_is_seen_by_the_test_and_rolled_back_on_postgres() {
    let test = Test::new("shop::talks", talks_and_looks::<PgConnection>);
    rolled_back(Database::<PgConnection>::of_a_schema(), test).await;
}

#[tokio::test]
async fn an_application_that_uses_another_pool_is_bypassed_on_sqlite() {
    let file = Database::<SqliteConnection>::of_a_file;
    bypassed(file(), file()).await;
}

#[tokio::test]
async fn an_application_that_uses_another_pool_is_bypassed_on_postgres() {
    let schema = Database::<PgConnection>::of_a_schema;
    bypassed(schema(), schema()).await;
}
