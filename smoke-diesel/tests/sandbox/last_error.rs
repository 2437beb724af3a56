//! What is known of an error that comes with the rows of a statement, of which diesel-async tells
//! nobody but the caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::dsl::sql;
use diesel::sql_types::Integer;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_core::rollback::LastError;
use smoke_core::{Opened, Sandbox, Session, Test};

use crate::causes::{assert_errored, run, runner};
use crate::subject::Subject;
use crate::subject::mariadb::Mariadb;
use crate::subject::open;
use crate::subject::postgres::{Postgres, url};
use crate::subject::sqlite::Sqlite;
use crate::version::work;

const INSERT: &str = "INSERT INTO t VALUES (1) RETURNING x";

async fn inserts(connection: &mut AsyncPgConnection) -> QueryResult<i32> {
    sql::<Integer>(INSERT).get_result(connection).await
}

/// A request whose handler keeps the error of a duplicate key to itself; what is known of it.
async fn duplicate_key(pool: &Pool<AsyncPgConnection>, session: &dyn Session) -> Option<LastError> {
    session.enter().await.unwrap();
    let mut connection = pool.get().await.unwrap();
    inserts(&mut connection).await.unwrap();
    inserts(&mut connection).await.unwrap_err();
    drop(connection);
    session.leave().await.unwrap();
    session.take_last_error()
}

fn says(error: &Option<LastError>, begins: &str) -> bool {
    matches!(error, Some(LastError::Said(said)) if said.starts_with(begins))
}

fn is_duplicate(error: &Option<LastError>) -> bool {
    says(error, "duplicate key")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_heard_where_the_url_is_known() {
    let subject = Postgres::new().await;
    let backend = subject.rollback_at(url());
    let Opened { pool, session } = open(&backend).await.unwrap();
    let found = duplicate_key(&pool, &*session).await;
    assert!(is_duplicate(&found), "{found:?}");
    // Undone, and over with the request.
    let found = duplicate_key(&pool, &*session).await;
    assert!(is_duplicate(&found), "{found:?}");
    session.enter().await.unwrap();
    session.leave().await.unwrap();
    assert_eq!(session.take_last_error(), None);
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_heard_within_a_transaction_of_the_application() {
    let subject = Postgres::new().await;
    let Opened { pool, session } = open(&subject.rollback_at(url())).await.unwrap();
    session.enter().await.unwrap();
    let mut connection = pool.get().await.unwrap();
    let nested = connection.transaction(work!(|connection| {
        inserts(connection).await?;
        inserts(connection).await
    }));
    nested.await.unwrap_err();
    drop(connection);
    session.leave().await.unwrap();
    let found = session.take_last_error();
    assert!(is_duplicate(&found), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_application_connects_it_is_known_by_what_it_did() {
    let subject = Postgres::new().await;
    let Opened { pool, session } = open(&subject.rollback()).await.unwrap();
    let found = duplicate_key(&pool, &*session).await;
    assert_eq!(found, Some(LastError::Unseen));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_listened_to_is_ended_from_outside() {
    let subject = Postgres::new().await;
    let Opened { pool, session } = open(&subject.rollback_at(url())).await.unwrap();
    let mut connection = pool.get().await.unwrap();
    let (ran, cut) = tokio::join!(connection.batch_execute(Postgres::LONG), session.cut());
    ran.unwrap_err();
    assert!(cut);
    subject.until_it_can_be_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_met_there_is_contention_and_tried_once_more() {
    let subject = Postgres::new().await;
    let mut production = subject.connect().await;
    production
        .batch_execute("BEGIN; LOCK TABLE t")
        .await
        .unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let body = move |Sandbox(pool): Sandbox<Pool<AsyncPgConnection>>| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut connection = pool.get().await?;
            // As a handler does, of whose error the test hears nothing.
            inserts(&mut connection).await.map_err(|_| "500")?;
            Ok::<_, smoke_core::Error>(())
        }
    };
    let runner = runner(subject.rollback_at(url()), Test::new("a", body));
    let report = run(&runner).await;
    assert_errored(&report, "the database was busy");
    assert_errored(&report, "; the test ended with: 500");
    assert_eq!(AtomicUsize::load(&tries, Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_asked_for_it_after_the_request() {
    async fn inserts(connection: &mut AsyncMysqlConnection) -> QueryResult<i32> {
        sql::<Integer>(INSERT).get_result(connection).await
    }
    let subject = Mariadb::new().await;
    let Opened { pool, session } = open(&subject.backend()).await.unwrap();
    for nested in [false, true] {
        session.enter().await.unwrap();
        assert_eq!(session.take_last_error(), None);
        let mut connection = pool.get().await.unwrap();
        let _ = inserts(&mut connection).await;
        if nested {
            let nested = connection.transaction(work!(|connection| inserts(connection).await));
            nested.await.unwrap_err();
        } else {
            inserts(&mut connection).await.unwrap_err();
        }
        drop(connection);
        session.leave().await.unwrap();
        let found = session.take_last_error();
        assert!(says(&found, "Duplicate entry"), "{found:?}");
    }
    // Nor is one of the test itself that of a request.
    inserts(&mut pool.get().await.unwrap()).await.unwrap_err();
    session.enter().await.unwrap();
    session.take_last_error();
    drop(pool.get().await.unwrap());
    session.leave().await.unwrap();
    assert_eq!(session.take_last_error(), None);
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}

/// On a connection that blocks.
fn duplicate_keys(pool: &<Sqlite as Subject>::Pool, nested: bool) {
    let mut connection = pool.get().unwrap();
    let insert = |connection: &mut SqliteConnection| {
        diesel::RunQueryDsl::get_result::<i32>(sql::<Integer>(INSERT), connection)
    };
    let _ = insert(&mut connection);
    if nested {
        diesel::Connection::transaction(&mut *connection, insert).unwrap_err();
    } else {
        insert(&mut connection).unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_asked_for_it_before_the_next_statement() {
    let subject = Sqlite::new().await;
    let Opened { pool, session } = open(&subject.backend()).await.unwrap();
    for nested in [false, true] {
        session.enter().await.unwrap();
        assert_eq!(session.take_last_error(), None);
        let used = pool.clone();
        let working = tokio::task::spawn_blocking(move || duplicate_keys(&used, nested));
        working.await.unwrap();
        session.leave().await.unwrap();
        let found = session.take_last_error();
        assert!(says(&found, "UNIQUE constraint failed"), "{found:?}");
    }
    let used = pool.clone();
    let working = tokio::task::spawn_blocking(move || duplicate_keys(&used, false));
    working.await.unwrap();
    session.enter().await.unwrap();
    session.take_last_error();
    session.leave().await.unwrap();
    assert_eq!(session.take_last_error(), None);
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}
