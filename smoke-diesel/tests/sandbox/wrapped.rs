//! SQLite behind `SyncConnectionWrapper`, in deadpool.

use std::time::Duration;

use diesel::SqliteConnection;
use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use smoke_core::{Backend, Opened, RollbackVerdict};
use smoke_diesel::deadpool::Rollback;

use crate::subject::sqlite::Sqlite;
use crate::subject::{Subject, is_escaped, is_lost, is_straggler, open};

type Wrapped = SyncConnectionWrapper<SqliteConnection>;

const INSERT: &str = "INSERT INTO t VALUES (1)";

fn backend(subject: &Sqlite) -> Rollback<Wrapped> {
    Rollback::sqlite(subject.url())
        .setup(|connection| Box::pin(connection.batch_execute("PRAGMA foreign_keys = ON")))
}

async fn run(pool: &Pool<Wrapped>, sql: &str) -> Result<(), String> {
    let mut connection = pool.get().await.map_err(|error| error.to_string())?;
    let ran = connection.batch_execute(sql).await;
    ran.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_commit_is_refused_and_an_escape() {
    for sql in ["COMMIT", "ROLLBACK; BEGIN"] {
        let subject = Sqlite::new().await;
        let Opened { pool, session } = open(&backend(&subject)).await.unwrap();
        session.enter().await.unwrap();
        run(&pool, INSERT).await.unwrap();
        run(&pool, sql).await.ok();
        // Outside of the transaction, as far as SQLite is concerned.
        run(&pool, INSERT).await.ok();
        run(&pool, "COMMIT").await.unwrap_err();
        let verdict = session.leave().await.unwrap_err();
        assert!(is_escaped(&verdict), "{verdict:?}");
        assert!(verdict.to_string().contains("refused"), "{verdict}");
        drop(pool);
        assert_eq!(session.finish().await, verdict);
        assert_eq!(subject.rows().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_statement_ends_when_the_sandbox_is_cut() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&backend(&subject)).await.unwrap();
    run(&pool, INSERT).await.unwrap();
    let (ran, ()) = tokio::join!(run(&pool, Sqlite::LONG), async {
        // Whether the statement has begun is nowhere to be seen.
        tokio::time::sleep(Duration::from_millis(50)).await;
        session.cut().await;
    });
    ran.unwrap_err();
    drop(pool);
    let verdict = session.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    subject.until_it_can_be_written().await;
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_kept_is_a_straggler_and_writes_nothing() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&backend(&subject)).await.unwrap();
    let mut held = pool.get().await.unwrap();
    held.batch_execute(INSERT).await.unwrap();
    drop(pool);
    let verdict = session.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    held.batch_execute(INSERT).await.unwrap_err();
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_constraint_that_does_not_hold_is_refused() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&backend(&subject)).await.unwrap();
    run(&pool, subject.deferred()).await.unwrap();
    run(&pool, "INSERT INTO child VALUES (1)").await.unwrap();
    drop(pool);
    let verdict = session.finish().await;
    assert!(
        matches!(verdict, RollbackVerdict::Refused { .. }),
        "{verdict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_in_memory_database_is_refused() {
    let error = open(&Rollback::<Wrapped>::sqlite(":memory:")).await;
    let error = error.map(drop).unwrap_err();
    assert!(error.message().contains("in-memory"), "{error:?}");
}

#[test]
fn it_says_what_it_is_and_what_it_bears() {
    let backend = Rollback::<Wrapped>::sqlite("app.db").capacity(2);
    assert_eq!(backend.describe(), "diesel-async deadpool on SQLite");
    assert_eq!(Backend::capacity(&backend), 1);
    assert_eq!(Backend::limit(&backend).as_secs(), 1);
}
