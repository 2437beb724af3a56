//! What only deadpool-diesel has: work on the connection that nobody waits for any more.

use deadpool_diesel::{Manager, Pool};
use diesel::connection::SimpleConnection;
use diesel::{MysqlConnection, SqliteConnection};
use futures_util::FutureExt;
use smoke_core::{Backend, Opened, RollbackVerdict};
use smoke_diesel::deadpool_diesel::Rollback;

use crate::subject::mariadb::Mariadb;
use crate::subject::sqlite::Sqlite;
use crate::subject::{Subject, is_escaped, is_lost, is_straggler, open};

const INSERT: &str = "INSERT INTO t VALUES (1)";

fn on_sqlite(subject: &Sqlite) -> Rollback<SqliteConnection> {
    Rollback::sqlite(subject.url())
        .setup(|connection| connection.batch_execute("PRAGMA foreign_keys = ON"))
}

fn on_mariadb(subject: &Mariadb) -> Rollback<MysqlConnection> {
    Rollback::mysql(subject.url()).accept_implicit_commits()
}

async fn run(pool: &Pool<Manager<SqliteConnection>>, sql: &'static str) -> Result<(), String> {
    let object = pool.get().await.map_err(|error| error.to_string())?;
    let ran = object.interact(|connection| connection.batch_execute(sql));
    let ran = ran.await.map_err(|error| error.to_string())?;
    ran.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_nobody_waits_for_leaves_nothing() {
    let subject = Mariadb::new().await;
    for _ in 0..10 {
        let Opened { pool, session } = open(&on_mariadb(&subject)).await.unwrap();
        let object = pool.get().await.unwrap();
        for _ in 0..3 {
            // Asked once: it is on its way to a thread.
            let given_up = object.interact(|connection| connection.batch_execute(INSERT));
            drop(given_up.now_or_never());
        }
        drop(object);
        drop(pool);
        session.finish().await;
        assert_eq!(subject.rows().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_runs_on_is_ended() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&on_sqlite(&subject)).await.unwrap();
    run(&pool, INSERT).await.unwrap();
    let object = pool.get().await.unwrap();
    let (begins, begun) = tokio::sync::oneshot::channel();
    let running = object.interact(move |connection| {
        begins.send(()).unwrap();
        connection.batch_execute(Sqlite::LONG)
    });
    tokio::select! {
        ran = running => panic!("{ran:?}"),
        begun = begun => begun.unwrap(),
    }
    drop(object);
    drop(pool);
    let verdict = session.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    subject.until_it_can_be_written().await;
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_the_connection() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&on_sqlite(&subject)).await.unwrap();
    run(&pool, INSERT).await.unwrap();
    let object = pool.get().await.unwrap();
    let panicked = object.interact(|_| panic!("a bug")).await;
    panicked.unwrap_err();
    drop(object);
    run(&pool, INSERT).await.unwrap_err();
    drop(pool);
    let verdict = session.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_commit_is_refused_and_an_escape() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&on_sqlite(&subject)).await.unwrap();
    session.enter().await.unwrap();
    run(&pool, INSERT).await.unwrap();
    run(&pool, "COMMIT").await.unwrap_err();
    let verdict = session.leave().await.unwrap_err();
    assert!(is_escaped(&verdict), "{verdict:?}");
    assert!(verdict.to_string().contains("refused"), "{verdict}");
    run(&pool, INSERT).await.unwrap_err();
    assert_eq!(session.checkouts(), 2);
    drop(pool);
    assert_eq!(session.finish().await, verdict);
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_constraint_that_does_not_hold_is_refused() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&on_sqlite(&subject)).await.unwrap();
    let object = pool.get().await.unwrap();
    let sql = format!("{}; INSERT INTO child VALUES (1)", subject.deferred());
    let ran = object.interact(move |connection| connection.batch_execute(&sql));
    ran.await.unwrap().unwrap();
    drop(object);
    drop(pool);
    let verdict = session.finish().await;
    assert!(
        matches!(verdict, RollbackVerdict::Refused { .. }),
        "{verdict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_or_a_pool_that_is_kept_is_a_straggler() {
    let subject = Mariadb::new().await;
    let Opened { pool, session } = open(&on_mariadb(&subject)).await.unwrap();
    let object = pool.get().await.unwrap();
    let insert = |connection: &mut MysqlConnection| connection.batch_execute(INSERT);
    object.interact(insert).await.unwrap().unwrap();
    let verdict = session.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    object.interact(insert).await.unwrap().unwrap_err();
    let error = pool.get().await.map(drop).unwrap_err();
    assert!(error.to_string().contains("closed"), "{error}");
    let Opened { pool, session } = open(&on_mariadb(&subject)).await.unwrap();
    let verdict = session.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    drop(pool);
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_finishes_closes_its_connection() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&on_sqlite(&subject)).await.unwrap();
    let object = pool.get().await.unwrap();
    object
        .interact(|connection| connection.batch_execute(INSERT))
        .await
        .unwrap()
        .unwrap();
    drop(session);
    subject.until_it_can_be_written().await;
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_opening_is_said() {
    let subject = Sqlite::new().await;
    let backend = on_sqlite(&subject).setup(|connection| connection.batch_execute("nonsense"));
    let error = open(&backend).await.map(drop).unwrap_err();
    assert!(error.message().contains("nonsense"), "{error:?}");
    let error = open(&Rollback::sqlite(":memory:")).await.map(drop);
    let error = error.unwrap_err();
    assert!(error.message().contains("in-memory"), "{error:?}");
    let mut writer = subject.connect();
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    let error = open(&on_sqlite(&subject)).await.map(drop).unwrap_err();
    let verdict = error.downcast_ref::<RollbackVerdict>();
    assert!(
        matches!(verdict, Some(RollbackVerdict::Contended { .. })),
        "{error:?}"
    );
}

#[test]
fn it_says_what_it_is_and_what_it_bears() {
    let backend = Rollback::sqlite("app.db").capacity(2);
    assert_eq!(backend.describe(), "deadpool-diesel on SQLite");
    assert_eq!(Backend::capacity(&backend), 1);
    assert_eq!(Backend::limit(&backend).as_secs(), 1);
}
