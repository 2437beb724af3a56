//! Opening a sandbox, and what can stand in its way.

use smoke_core::{Backend, Opened, RollbackVerdict};
use smoke_sqlx::Rollback;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Connection, MySql, Postgres, Sqlite};

use crate::subject::{Subject, on_every_subject, open};

on_every_subject! {
    the_hooks_of_the_pool_and_the_set_up_run_before_the_transaction,
    a_hook_that_fails_is_an_error,
    sandboxes_are_opened_one_after_the_other,
}

async fn the_hooks_of_the_pool_and_the_set_up_run_before_the_transaction<S: Subject>()
where
    Rollback<S>: Backend<Pool = sqlx::Pool<S>>,
{
    let (_kept, production) = S::production().await;
    let options = PoolOptions::<S>::new().after_connect(|connection, _| {
        Box::pin(async move {
            assert!(!connection.is_in_transaction());
            S::run_on(connection, "CREATE TABLE made (x INTEGER)").await
        })
    });
    let backend = Rollback::like(&production)
        .pool_options(options)
        .setup(|connection| {
            Box::pin(async move {
                assert!(!connection.is_in_transaction());
                S::run_on(connection, "INSERT INTO made VALUES (1)").await
            })
        });
    let Opened { pool, session } = open(&S::writing(backend)).await.unwrap();
    S::run(&pool, "INSERT INTO made VALUES (2)").await.unwrap();
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
    S::run(&production, "DROP TABLE made").await.unwrap();
}

async fn a_hook_that_fails_is_an_error<S: Subject>()
where
    Rollback<S>: Backend<Pool = sqlx::Pool<S>>,
{
    let (_kept, production) = S::production().await;
    let backend = Rollback::like(&production)
        .setup(|connection| Box::pin(async move { S::run_on(connection, "nonsense").await }));
    let error = open(&backend).await.unwrap_err();
    assert!(error.message().contains("nonsense"), "{error:?}");
    let options = PoolOptions::<S>::new().after_connect(|connection, _| {
        Box::pin(async move { S::run_on(connection, "nonsense").await })
    });
    let backend = Rollback::like(&production).pool_options(options);
    let error = open(&backend).await.unwrap_err();
    assert!(error.message().contains("after_connect"), "{error:?}");
}

async fn sandboxes_are_opened_one_after_the_other<S: Subject>() {
    let (_kept, production) = S::production().await;
    let backend = S::backend(&production);
    for _ in 0..20 {
        let Opened { pool, session } = open(&backend).await.unwrap();
        S::run(&pool, "INSERT INTO t VALUES (1)").await.unwrap();
        drop(pool);
        assert!(session.finish().await.is_rolled_back());
    }
    assert_eq!(S::rows(&production).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_is_named() {
    let url = "postgres://app:secret@127.0.0.1:1/app";
    let error = open(&Rollback::<Postgres>::new(url)).await.unwrap_err();
    assert!(error.message().contains("cannot be reached"), "{error:?}");
    let url = "mysql://app:secret@127.0.0.1:1/app";
    let error = open(&Rollback::<MySql>::new(url)).await.unwrap_err();
    assert!(error.message().contains("cannot be reached"), "{error:?}");
    assert!(!format!("{error:#}").contains("secret"), "{error:?}");
    let error = open(&Rollback::<Sqlite>::new("sqlite:///nonexistent/app.db")).await;
    let error = error.unwrap_err();
    assert!(error.message().contains("unable to open"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_said() {
    for url in [
        "postgres://app:secret@127.0.0.1:1/app",
        "postgres://app:secret@127.0.0.1:port/app",
    ] {
        let error = open(&Rollback::<Postgres>::new(url)).await.unwrap_err();
        assert!(!format!("{error:#}").contains("secret"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_in_memory_database_is_refused() {
    for url in ["sqlite::memory:", "sqlite://"] {
        let error = open(&Rollback::<Sqlite>::new(url)).await.unwrap_err();
        assert!(error.message().contains("in-memory"), "{url}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_roll_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("app.db"))
        .journal_mode(SqliteJournalMode::Off);
    std::fs::write(options.get_filename(), "").unwrap();
    let backend = Rollback::<Sqlite>::with_options(options);
    let error = open(&backend).await.unwrap_err();
    assert!(error.message().contains("journal_mode = OFF"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_elsewhere_is_contention() {
    let (_kept, production) = Sqlite::production().await;
    let writer = production.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = open(&Sqlite::backend(&production)).await.unwrap_err();
    let verdict = error.downcast_ref::<RollbackVerdict>();
    assert!(
        matches!(verdict, Some(RollbackVerdict::Contended { .. })),
        "{error:?}"
    );
    drop(writer);
}

#[test]
fn it_says_what_it_is_and_what_it_bears() {
    let backend = Rollback::<Postgres>::new("postgres://localhost").capacity(3);
    assert_eq!(backend.describe(), "sqlx on PostgreSQL");
    assert_eq!(Backend::capacity(&backend), 3);
    assert_eq!(Backend::limit(&backend).as_secs(), 2);
    let backend = Rollback::<Sqlite>::new("sqlite://app.db").capacity(3);
    assert_eq!(backend.describe(), "sqlx on SQLite");
    assert_eq!(Backend::capacity(&backend), 1);
    assert_eq!(Backend::limit(&backend).as_secs(), 1);
}
