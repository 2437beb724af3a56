//! What handlers write is rolled back: diesel, r2d2, SQLite and PostgreSQL.
#![allow(missing_docs, reason = "diesel writes none")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod database;
mod shop;

use std::time::Duration;

use actix_web::App;
use actix_web::web::{self, Data, ServiceConfig};
use diesel::{PgConnection, SqliteConnection};
#[cfg(feature = "live")]
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
#[cfg(feature = "live")]
use smoke_actix::LiveServer;
use smoke_actix::smoke_core::TestReport;
use smoke_actix::{Client, Outcome, Registry, Result, Runner, Sandbox, Selection, Test, app};
use smoke_diesel::r2d2::Interact as _;
use tokio::sync::{mpsc, watch};
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

/// What the application has spawned goes on after the test, with what it had of the sandbox.
async fn straggles<C: Shop>(database: Database<C>) {
    let (release, released) = watch::channel(false);
    let (tell, mut told) = mpsc::unbounded_channel();
    let factory = app(move |Sandbox(pool): Sandbox<Pool<C>>| {
        let (pool, released, tell) = (Data::new(pool), released.clone(), tell.clone());
        move || {
            let (released, tell) = (released.clone(), tell.clone());
            let keeps = move |pool: Data<Pool<C>>| {
                let (mut released, tell) = (released.clone(), tell.clone());
                let mut connection = pool.get().unwrap();
                connection.insert("early").unwrap();
                actix_web::rt::spawn(async move {
                    let _ = released.wait_for(|released| *released).await;
                    let _ = connection.insert("late");
                    drop(connection);
                    let again = pool
                        .get()
                        .map(|mut connection| connection.insert("too late"));
                    tell.send(again.is_ok_and(|inserted| inserted.is_ok()))
                        .unwrap();
                });
                async { "kept" }
            };
            App::new()
                .app_data(pool.clone())
                .route("/keeps", web::get().to(keeps))
                .configure(routes::<C>)
        }
    });
    let keeps = async |client: Client| client.get("/keeps").send().await.map(drop);
    let registry = C::sandboxes(Registry::new(), database.url())
        .app(factory)
        .test(Test::new("shop::a_keeps", keeps).serial())
        .test(Test::new("shop::b_writes", writes_and_looks::<C>).serial());
    let report = Runner::new(registry).run(Selection::fast()).await;
    let [kept, written] = &report.tests[..] else {
        panic!("{report:#?}");
    };
    assert_eq!(kept.outcome, Outcome::Errored, "{kept:#?}");
    assert_eq!(written.outcome, Outcome::Passed, "{written:#?}");
    assert_eq!(database.rows(), 0);
    release.send(true).unwrap();
    let inserted = tokio::time::timeout(Duration::from_secs(60), told.recv()).await;
    assert_eq!(inserted.unwrap(), Some(false), "the pool is closed");
    assert_eq!(database.rows(), 0);
}

#[tokio::test]
async fn a_task_that_outlives_its_test_keeps_nothing_of_the_sandbox_on_sqlite() {
    straggles(Database::<SqliteConnection>::of_a_file()).await;
}

#[tokio::test]
async fn a_task_that_outlives_its_test_keeps_nothing_of_the_sandbox_on_postgres() {
    straggles(Database::<PgConnection>::of_a_schema()).await;
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
