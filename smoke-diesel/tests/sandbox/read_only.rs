//! Sandboxes for tests that only read.

use diesel::PgConnection;
use diesel::r2d2::ConnectionManager;
use smoke_core::{Backend, Opened, Result, Sandbox, Test};
use smoke_diesel::{bb8, r2d2};

use crate::causes::{assert_errored, run, runner};
use crate::subject::mariadb::Mariadb;
use crate::subject::postgres::{Postgres, url};
use crate::subject::sqlite::Sqlite;
use crate::subject::{Subject, open};

async fn reads<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "SELECT * FROM t").await?;
    Ok(())
}

async fn writes<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)")
        .await
        .map_err(|_| "500".into())
}

/// Nothing can be written, production can, and who writes hears what to do.
async fn is_read_only<S: Subject, B: Backend<Pool = S::Pool>>(
    subject: &S,
    backend: impl Fn() -> B,
    remedy: &str,
) {
    let Opened { pool, session } = open(&backend()).await.unwrap();
    session.enter().await.unwrap();
    S::run(&pool, "SELECT * FROM t").await.unwrap();
    session.leave().await.unwrap();
    S::run(&pool, "INSERT INTO t VALUES (1)").await.unwrap_err();
    drop(pool);
    let verdict = session.finish().await;
    assert!(verdict.is_rolled_back(), "{verdict:?}");
    let report = run(&runner(backend(), Test::new("a", reads::<S>))).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    let report = run(&runner(backend(), Test::new("a", writes::<S>))).await;
    assert_errored(&report, "limit of the sandbox: the sandbox is read-only");
    assert_errored(&report, remedy);
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_sqlite_and_writers_do_not_wait() {
    let subject = Sqlite::new().await;
    let backend = || subject.rollback().read_only();
    is_read_only(&subject, backend, "without read_only()").await;
    let Opened { pool, session } = open(&backend()).await.unwrap();
    Sqlite::run(&pool, "SELECT * FROM t").await.unwrap();
    subject.until_it_can_be_written().await;
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}

#[tokio::test(flavor = "multi_thread")]
async fn query_only_that_is_taken_back_commits_nothing() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&subject.rollback().read_only()).await.unwrap();
    let sql = "PRAGMA query_only = OFF; INSERT INTO t VALUES (1)";
    Sqlite::run(&pool, sql).await.unwrap();
    Sqlite::run(&pool, "COMMIT").await.unwrap_err();
    drop(pool);
    session.finish().await;
    assert_eq!(subject.rows().await, 0);
}

/// Neither in the sandbox nor after its end.
async fn is_barred_after_a_commit<S: Subject>(subject: &S, backend: &impl Backend<Pool = S::Pool>) {
    let Opened { pool, session } = open(backend).await.unwrap();
    let wrote = S::run(&pool, "COMMIT; INSERT INTO t VALUES (1)").await;
    assert!(wrote.unwrap_err().contains("read-only"));
    drop(pool);
    let verdict = session.finish().await;
    assert!(crate::subject::is_escaped(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_postgres() {
    let subject = Postgres::new().await;
    let backend = || subject.rollback().read_only();
    is_read_only(&subject, backend, "without read_only()").await;
    is_barred_after_a_commit(&subject, &backend()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_through_libpq() {
    let subject = crate::subject::libpq::Libpq::new().await;
    let backend = || {
        let sql = crate::subject::postgres::OnPostgres::postgres(&subject).search_path();
        r2d2::Rollback::with_manager(|| ConnectionManager::<PgConnection>::new(url()))
            .setup(move |c| diesel::connection::SimpleConnection::batch_execute(c, &sql))
            .read_only()
    };
    is_read_only(&subject, backend, "without read_only()").await;
    is_barred_after_a_commit(&subject, &backend()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_mariadb() {
    let subject = Mariadb::new().await;
    let accepting = || bb8::Rollback::mysql(subject.url()).accept_implicit_commits();
    is_read_only(&subject, || accepting().read_only(), "without read_only()").await;
    let unasked = || bb8::Rollback::mysql(subject.url());
    is_read_only(&subject, unasked, "accept_implicit_commits()").await;
}
