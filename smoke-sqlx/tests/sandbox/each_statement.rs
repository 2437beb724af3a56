//! A savepoint for each statement, on a connection that is kept.

use smoke_core::{Opened, RollbackVerdict};
use smoke_sqlx::Rollback;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use crate::subject::{Subject, open};

fn kept(production: &PgPool) -> Rollback<Postgres> {
    let options = (*production.connect_options()).clone();
    Rollback::with_options(options.ssl_mode(PgSslMode::Disable)).savepoint_each_statement()
}

async fn insert(connection: &mut PgConnection, x: i32) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO t VALUES ($1)").bind(x);
    insert.execute(connection).await.map(|_| ())
}

async fn count(connection: &mut PgConnection) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM t");
    count.fetch_one(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_undoes_its_own_statement_only() {
    let ((), production) = Postgres::production().await;
    let Opened { pool, session } = open(&kept(&production)).await.unwrap();
    session.enter().await.unwrap();
    let mut held = pool.acquire().await.unwrap();
    for _ in 0..3 {
        let _ = insert(&mut held, 1).await;
        insert(&mut held, 1).await.unwrap_err();
        assert_eq!(count(&mut held).await, 1);
    }
    // In a transaction of its own it is as in production.
    let mut transaction = held.begin().await.unwrap();
    insert(&mut transaction, 2).await.unwrap();
    insert(&mut transaction, 1).await.unwrap_err();
    let aborted = insert(&mut transaction, 3).await.unwrap_err().to_string();
    assert!(aborted.contains("aborted"), "{aborted}");
    transaction.rollback().await.unwrap();
    assert_eq!(count(&mut held).await, 1);
    insert(&mut held, 1).await.unwrap_err();
    insert(&mut held, 2).await.unwrap();
    drop(held);
    session.leave().await.unwrap();
    assert_eq!(Postgres::rows(&pool).await, 2);
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert_eq!(Postgres::rows(&production).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_may_be_encrypted_is_refused() {
    let said = async |options: PgConnectOptions| {
        let rollback = Rollback::<Postgres>::with_options(options).savepoint_each_statement();
        format!("{:#}", open(&rollback).await.err().unwrap())
    };
    let options = PgConnectOptions::new_without_pgpass().host("db");
    let encrypted = said(options.clone()).await;
    assert!(encrypted.contains("sslmode=disable"), "{encrypted}");
    let socket = said(options.socket("/run/postgresql")).await;
    assert!(socket.contains("as the host"), "{socket}");
}
