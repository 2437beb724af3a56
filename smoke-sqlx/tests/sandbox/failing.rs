//! A database that fails: each run says how, and the next one is right again without a restart.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use smoke_conformance::{Line, eventually};
use smoke_core::{
    Backend, Opened, Outcome, Registry, Report, Result, Runner, Sandbox, Selection, Test,
};
use smoke_sqlx::Rollback;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, PgPool, Pool, Postgres, Sqlite};
use uuid::Uuid;

use crate::subject::{PATIENCE, Subject, on_every_subject, open};

on_every_subject! {
    a_second_connection_at_once_is_a_limit_of_the_sandbox,
    a_sandbox_for_reading_writes_nothing,
}

fn assert_errored(report: &Report, message: &str) {
    let [test] = &report.tests[..] else {
        panic!("{report:?}")
    };
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let said = test.message.as_deref().unwrap();
    assert!(said.contains(message), "{test:?}");
}

fn assert_passed(report: &Report) {
    assert!(report.verdict().is_pass(), "{report:?}");
}

async fn run(runner: &Runner) -> Report {
    runner.run(Selection::fast()).await
}

fn runner<B: Backend>(backend: B, test: Test) -> Runner {
    Runner::new(Registry::new().rollback(backend).test(test))
}

async fn inserts<S: Subject>(Sandbox(pool): Sandbox<Pool<S>>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)").await?;
    Ok(())
}

async fn takes_two<S: Subject>(Sandbox(pool): Sandbox<Pool<S>>) -> Result {
    let _first = pool.acquire().await?;
    let _second = pool.acquire().await?;
    Ok(())
}

async fn a_second_connection_at_once_is_a_limit_of_the_sandbox<S: Subject>() {
    let (_kept, production) = S::production().await;
    let runner = runner(S::backend(&production), Test::new("a", takes_two::<S>));
    let report = run(&runner).await;
    assert_errored(&report, "limit of the sandbox: a second connection");
}

async fn a_sandbox_for_reading_writes_nothing<S: Subject>()
where
    Rollback<S>: Backend<Pool = Pool<S>>,
{
    let (_kept, production) = S::production().await;
    let backend = || Rollback::like(&production).read_only();
    let Opened { pool, session } = open(&backend()).await.unwrap();
    session.enter().await.unwrap();
    S::run(&pool, "SELECT * FROM t").await.unwrap();
    session.leave().await.unwrap();
    // Nobody waits for a sandbox that has read.
    S::run(&production, "INSERT INTO t VALUES (2)")
        .await
        .unwrap();
    S::run(&production, "DELETE FROM t").await.unwrap();
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
    let runner = runner(backend(), Test::new("a", inserts::<S>));
    let report = run(&runner).await;
    assert_errored(&report, "limit of the sandbox: the sandbox is read-only");
    assert_errored(&report, "without read_only()");
    assert_eq!(S::rows(&production).await, 0);
}

/// A test that meets contention, and one that meets it no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_contention_and_over_with_the_lock() {
    let ((), production) = Postgres::production().await;
    let mut holder = production.begin().await.unwrap();
    Postgres::run_on(&mut holder, "LOCK TABLE t").await.unwrap();
    let backend = Postgres::backend(&production);
    let runner = runner(backend, Test::new("a", inserts::<Postgres>));
    assert_errored(&run(&runner).await, "the database was busy");
    holder.rollback().await.unwrap();
    assert_passed(&run(&runner).await);
}

/// What is said of a test during which the server dies, the first time, while the connection is
/// in use or is not.
async fn dies_and_comes_back(in_use: bool, said: &str) {
    let ((), production) = Postgres::production().await;
    let options = (*production.connect_options()).clone();
    let server = (options.get_host().to_owned(), options.get_port());
    let server = tokio::net::lookup_host(server).await.unwrap().next();
    let line = Line::to(server.unwrap()).await.unwrap();
    let options = options.host("127.0.0.1").port(line.address().port());
    let whole = Arc::new(AtomicBool::new(true));
    let body = {
        let line = line.clone();
        move |Sandbox(pool): Sandbox<PgPool>| {
            let (whole, line) = (Arc::clone(&whole), line.clone());
            async move {
                let mut connection = pool.acquire().await?;
                Postgres::run_on(&mut connection, "INSERT INTO t VALUES (1)").await?;
                let dies = whole.swap(false, Ordering::SeqCst);
                if dies && in_use {
                    line.cut().await;
                }
                drop(connection);
                if dies && !in_use {
                    // A task of its own gives it back.
                    eventually(PATIENCE, async || pool.num_idle(), |idle| *idle > 0).await?;
                    line.cut().await;
                }
                Postgres::run(&pool, "INSERT INTO t VALUES (2)").await?;
                Ok::<_, smoke_core::Error>(())
            }
        }
    };
    let backend = Rollback::<Postgres>::with_options(options);
    let runner = runner(backend, Test::new("a", body));
    assert_errored(&run(&runner).await, said);
    assert_errored(&run(&runner).await, "down or cannot be reached");
    line.mend().await.unwrap();
    assert_passed(&run(&runner).await);
    assert_eq!(Postgres::rows(&production).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_while_nobody_uses_it_and_comes_back() {
    dies_and_comes_back(false, "connection was lost").await;
}

/// The pool closes the connection, as it would at the application's wish: nobody can be asked
/// what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_while_it_is_used_and_comes_back() {
    dies_and_comes_back(true, "the rollback could not be confirmed").await;
}

async fn administer(sql: &str) {
    let url = std::env::var("SMOKE_TEST_POSTGRES_ADMIN_URL").expect(
        "SMOKE_TEST_POSTGRES_ADMIN_URL is not set: it has to name a role that may create roles",
    );
    let mut connection = PgConnection::connect(&url).await.unwrap();
    Postgres::run_on(&mut connection, sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_kept_out_and_let_in_again() {
    let ((), production) = Postgres::production().await;
    let options: PgConnectOptions = (*production.connect_options()).clone();
    let role = format!("r{}", Uuid::new_v4().simple());
    let like = options.get_username();
    let role_is = format!("CREATE ROLE {role} LOGIN PASSWORD 'word' IN ROLE {like}");
    administer(&role_is).await;
    let options = options.username(&role).password("word");
    let backend = Rollback::<Postgres>::with_options(options);
    let runner = runner(backend, Test::new("a", inserts::<Postgres>));
    assert_passed(&run(&runner).await);
    for (how, back, said) in [
        ("CONNECTION LIMIT 0", "CONNECTION LIMIT -1", "no capacity"),
        (
            "PASSWORD 'other'",
            "PASSWORD 'word'",
            "it refuses the login",
        ),
        (
            "SET default_transaction_read_only = on",
            "RESET default_transaction_read_only",
            "the database is read-only",
        ),
    ] {
        administer(&format!("ALTER ROLE {role} {how}")).await;
        assert_errored(&run(&runner).await, said);
        administer(&format!("ALTER ROLE {role} {back}")).await;
        assert_passed(&run(&runner).await);
    }
    administer(&format!("DROP ROLE {role}")).await;
}

/// The application's own DDL, since nobody else gets the lock as long as the test has read.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_out_of_date_is_tried_once_more() {
    async fn migrates(Sandbox(pool): Sandbox<PgPool>) -> Result {
        let asked = || sqlx::query("SELECT * FROM t").fetch_all(&pool);
        asked().await?;
        Postgres::run(&pool, "ALTER TABLE t ADD y INTEGER").await?;
        asked().await?;
        Ok(())
    }
    let ((), production) = Postgres::production().await;
    let backend = Postgres::backend(&production);
    let report = run(&runner(backend, Test::new("a", migrates))).await;
    assert_errored(&report, "the schema changed: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_read_only_and_then_is_not() {
    let (_kept, production) = Sqlite::production().await;
    let options = (*production.connect_options()).clone();
    let read_only = Rollback::<Sqlite>::with_options(options.clone().pragma("query_only", "ON"));
    let runner_of = |backend| runner(backend, Test::new("a", inserts::<Sqlite>));
    let report = run(&runner_of(read_only)).await;
    assert_errored(&report, "the database is read-only");
    assert_passed(&run(&runner_of(Rollback::<Sqlite>::with_options(options))).await);
    let nowhere = sqlx::sqlite::SqliteConnectOptions::from_str("sqlite:///nonexistent/app.db");
    let nowhere = Rollback::<Sqlite>::with_options(nowhere.unwrap());
    assert_errored(&run(&runner_of(nowhere)).await, "cannot be reached");
}
