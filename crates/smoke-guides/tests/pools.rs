//! What `docs/adopting/pitfalls.md` says about a pool in a static.

#![expect(clippy::unwrap_used, reason = "tests")]

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::routing::post;
use smoke_axum::{Client, Registry, Report, Result, Runner, Sandbox, Selection, Test, ensure_eq};
use smoke_sqlx::Rollback;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

tokio::task_local! {
    static POOL: SqlitePool;
}

/// The application: its handlers ask a function for their pool.
fn router(pool: SqlitePool) -> Router {
    let routes = Router::new()
        .route(
            "/users",
            post(async || sign_up(&POOL.with(Clone::clone)).await),
        )
        .route(
            "/later",
            post(async || tokio::spawn(later()).await.unwrap()),
        );
    routes.layer(from_fn(move |request: Request, next: Next| {
        POOL.scope(pool.clone(), next.run(request))
    }))
}

async fn later() -> StatusCode {
    sign_up(&POOL.with(Clone::clone)).await
}

async fn sign_up(pool: &SqlitePool) -> StatusCode {
    let insert = sqlx::query("INSERT INTO users (name) VALUES ('someone')");
    insert.execute(pool).await.unwrap();
    StatusCode::CREATED
}

async fn a_user_can_sign_up(client: Client, db: Sandbox<SqlitePool>) -> Result {
    client.post("/users").send().await?.ensure_status(201)?;
    ensure_eq!(users(&db).await, 1);
    Ok(())
}

async fn a_user_can_sign_up_later(client: Client) -> Result {
    client.post("/later").send().await?.ensure_status(201)?;
    Ok(())
}

async fn users(pool: &SqlitePool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM users");
    count.fetch_one(pool).await.unwrap()
}

async fn production(folder: &tempfile::TempDir) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("app.db"))
        .create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let table = sqlx::query("CREATE TABLE users (name TEXT NOT NULL)");
    table.execute(&pool).await.unwrap();
    pool
}

async fn run(registry: Registry) -> Report {
    let runner = Runner::new(registry);
    let report = runner.run(Selection::fast()).await;
    runner.shutdown().await;
    report
}

#[tokio::test]
async fn handlers_that_ask_a_value_of_their_task_are_in_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let pool = production(&folder).await;
    let registry = Registry::new()
        .test(Test::new("shop::sign_up", a_user_can_sign_up))
        .rollback(Rollback::like(&pool))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<SqlitePool>| {
            router(pool)
        }));
    let report = run(registry).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    assert_eq!(users(&pool).await, 0);
}

#[tokio::test]
async fn a_task_without_the_value_panics_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pool = production(&folder).await;
    let registry = Registry::new()
        .test(Test::new("shop::later", a_user_can_sign_up_later))
        .rollback(Rollback::like(&pool))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<SqlitePool>| {
            router(pool)
        }));
    let report = run(registry).await;
    assert!(!report.verdict().is_pass(), "{report:#?}");
    assert_eq!(users(&pool).await, 0);
}

#[tokio::test]
async fn handlers_that_use_production_s_pool_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let pool = production(&folder).await;
    let of_a_static = pool.clone();
    let registry = Registry::new()
        .test(Test::new("shop::later", a_user_can_sign_up_later))
        // One that only reads is not in the way of production's writers.
        .rollback(Rollback::like(&pool).read_only())
        .app(smoke_axum::app(move |Sandbox(_): Sandbox<SqlitePool>| {
            let pool = of_a_static.clone();
            let handler = async move || sign_up(&pool).await;
            Router::new().route("/later", post(handler))
        }));
    let report = format!("{:?}", run(registry).await);
    let said = "is the application using another pool?";
    assert!(report.contains(said), "{report}");
    assert_eq!(
        users(&pool).await,
        1,
        "it is as the guide says: not rolled back"
    );
}
