//! What handlers write is rolled back: diesel, r2d2, SQLite.
#![allow(missing_docs, reason = "diesel writes none")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use actix_web::error::ErrorInternalServerError;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::BigInt;
use serde_json::json;
use smoke_actix::{
    Client, Outcome, Registry, Result, Runner, Sandbox, Selection, Test, TestReport, app,
};
use smoke_diesel::r2d2::{Interact as _, Rollback};
use tempfile::TempDir;

type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

diesel::table! {
    users { id -> Integer, name -> Text, }
}

/// What a handler writes, on actix-web's threads for that.
async fn create(pool: Data<Pool>, name: web::Json<String>) -> actix_web::Result<HttpResponse> {
    let written = web::block(move || {
        let mut connection = pool.get().map_err(|error| error.to_string())?;
        diesel::insert_into(users::table)
            .values(users::name.eq(name.into_inner()))
            .execute(&mut connection)
            .map_err(|error| error.to_string())
    });
    written.await?.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created().finish())
}

async fn count(pool: Data<Pool>) -> actix_web::Result<String> {
    let mut connection = pool.get().map_err(ErrorInternalServerError)?;
    let count: i64 = users::table
        .count()
        .get_result(&mut connection)
        .map_err(ErrorInternalServerError)?;
    Ok(count.to_string())
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/users", web::post().to(create))
        .route("/users", web::get().to(count));
}

struct Database {
    folder: TempDir,
    pool: Pool,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pool = Pool::new(ConnectionManager::new(url(&folder))).unwrap();
        let mut connection = pool.get().unwrap();
        connection
            .batch_execute(
                "PRAGMA journal_mode = WAL; \
                 CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)",
            )
            .unwrap();
        Self { folder, pool }
    }

    fn rows(&self) -> i64 {
        let mut connection = self.pool.get().unwrap();
        let counting = sql::<BigInt>("SELECT count(*) FROM users");
        counting.get_result(&mut connection).unwrap()
    }
}

fn url(folder: &TempDir) -> String {
    folder.path().join("app.db").to_str().unwrap().to_owned()
}

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

#[tokio::test]
async fn what_a_handler_writes_is_seen_by_the_test_and_rolled_back() {
    async fn writes_and_looks(client: Client, db: Sandbox<Pool>) -> Result {
        writes(client.clone()).await?;
        let names = db.interact(|connection| users::table.select(users::name).load(connection));
        let names: Vec<String> = names.await?;
        assert_eq!(names, ["quokka", "platypus"]);
        let counted = client.get("/users").send().await?.ensure_status(200)?;
        assert_eq!(counted.text()?, "2");
        Ok(())
    }
    let database = Database::new();
    let registry = Registry::new()
        .rollback(Rollback::new(url(&database.folder)))
        .app(app(|Sandbox(pool): Sandbox<Pool>| {
            let pool = Data::new(pool);
            move || App::new().app_data(pool.clone()).configure(routes)
        }))
        .test(Test::new("shop::writes", writes_and_looks));
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
    assert_eq!(database.rows(), 0);
}

#[tokio::test]
async fn an_application_that_uses_another_pool_is_bypassed() {
    let (database, other) = (Database::new(), Database::new());
    // SQLite would have the application wait for the sandbox if it were the same file.
    let production = Data::new(other.pool.clone());
    let registry = Registry::new()
        .rollback(Rollback::new(url(&database.folder)))
        .app(app(move |_: Sandbox<Pool>| {
            let production = production.clone();
            move |config: &mut ServiceConfig| {
                config.app_data(production.clone()).configure(routes);
            }
        }))
        .test(Test::new("shop::writes", writes));
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    let message = test.message.unwrap();
    assert!(message.contains("NOT rolled back"), "{message}");
    assert_eq!((database.rows(), other.rows()), (0, 1));
}
