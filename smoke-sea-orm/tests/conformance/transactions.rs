//! The transactions of SeaORM.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel,
    TransactionTrait,
};
use smoke_conformance::backend::Database;
use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict};
use tokio::sync::oneshot;

use crate::Production;
use crate::version::begin_on_sqlite;

async fn open(production: &Production) -> Opened<DatabaseConnection> {
    let backend = production.backend();
    // Longer than anything here takes, on a machine that is busy.
    let request = OpenRequest::new("shop::a_test", Duration::from_secs(30));
    backend.open(request).await.unwrap()
}

/// Gives work up once it has said that it waits.
async fn give_up(work: impl AsyncFnOnce(oneshot::Sender<()>)) {
    let (waits, waiting) = oneshot::channel();
    tokio::select! {
        () = work(waits) => panic!("it has ended"),
        waiting = waiting => waiting.unwrap(),
    }
}

async fn begin_serializable(pool: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let level = Some(IsolationLevel::Serializable);
    pool.begin_with_config(level, None).await
}

async fn is_refused(
    production: Production,
    begin: impl AsyncFnOnce(&DatabaseConnection) -> Result<DatabaseTransaction, DbErr>,
) -> bool {
    let Opened { pool, session } = open(&production).await;
    session.enter().await.unwrap();
    let begun = begin(&pool).await;
    let refused = begun.is_err();
    drop(begun);
    session.leave().await.unwrap();
    // What comes next is inside the transaction.
    let transaction = pool.begin().await.unwrap();
    // No other test makes a table of this name: it would wait for this one.
    transaction
        .execute_unprepared("CREATE TABLE with_options (x INTEGER)")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    let kept = production.connection;
    kept.execute_unprepared("SELECT * FROM with_options")
        .await
        .unwrap_err();
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolation_level_is_refused_on_postgres() {
    assert!(is_refused(Production::on_postgres().await, begin_serializable).await);
}

/// The server refuses `SET TRANSACTION`, and SeaORM then rolls back what it has not begun.
#[tokio::test(flavor = "multi_thread")]
async fn an_isolation_level_is_a_limit_on_mariadb() {
    let production = Production::on_mariadb().await;
    let Opened { pool, session } = open(&production).await;
    session.enter().await.unwrap();
    assert!(begin_serializable(&pool).await.is_err());
    let verdict = session.leave().await.unwrap_err();
    assert!(
        matches!(verdict, RollbackVerdict::Limit { .. }),
        "{verdict:?}"
    );
    drop(pool);
    assert_eq!(session.finish().await, verdict);
}

/// There a table cannot be made in a sandbox.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_is_undone_on_mariadb() {
    let production = Production::on_mariadb().await;
    let kept = production.connection.clone();
    for sql in [
        "DROP TABLE IF EXISTS nested",
        "CREATE TABLE nested (x INTEGER PRIMARY KEY)",
    ] {
        kept.execute_unprepared(sql).await.unwrap();
    }
    let Opened { pool, session } = open(&production).await;
    let insert = "INSERT INTO nested VALUES (1)";
    session.enter().await.unwrap();
    give_up(async |waits| {
        let transaction = pool.begin().await.unwrap();
        let nested = transaction.begin().await.unwrap();
        nested.execute_unprepared(insert).await.unwrap();
        waits.send(()).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    session.leave().await.unwrap();
    let transaction = pool.begin().await.unwrap();
    // No duplicate.
    transaction.execute_unprepared(insert).await.unwrap();
    transaction.commit().await.unwrap();
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    kept.execute_unprepared(insert).await.unwrap();
    kept.execute_unprepared("DROP TABLE nested").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_transaction_is_that_of_the_sandbox_on_sqlite() {
    assert!(!is_refused(Production::on_sqlite().await, begin_on_sqlite).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_given_up_is_undone() {
    for production in [
        Production::on_postgres().await,
        Production::on_sqlite().await,
    ] {
        let Opened { pool, session } = open(&production).await;
        session.enter().await.unwrap();
        give_up(async |waits| {
            let transaction = pool.begin().await.unwrap();
            let nested = transaction.begin().await.unwrap();
            nested
                .execute_unprepared("CREATE TABLE given_up (x INTEGER)")
                .await
                .unwrap();
            waits.send(()).unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        session.leave().await.unwrap();
        pool.execute_unprepared("SELECT * FROM given_up")
            .await
            .unwrap_err();
        drop(pool);
        assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    }
}

/// Get or create, as applications do it: each statement has a savepoint of its own.
#[tokio::test(flavor = "multi_thread")]
async fn an_sql_error_undoes_its_own_statement_only() {
    for production in [
        Production::on_postgres().await,
        Production::on_sqlite().await,
    ] {
        let Opened { pool, session } = open(&production).await;
        let run = async |sql: &str| pool.execute_unprepared(sql).await;
        session.enter().await.unwrap();
        run("CREATE TABLE got_or_created (x INTEGER UNIQUE)")
            .await
            .unwrap();
        for x in 1..=3 {
            let insert = format!("INSERT INTO got_or_created VALUES ({x})");
            run(&insert).await.unwrap();
            run(&insert).await.unwrap_err();
        }
        let count = "SELECT count(*) FROM got_or_created";
        assert_eq!(Production::number(&pool, count).await, Ok(3));
        session.leave().await.unwrap();
        drop(pool);
        assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_kind_is_an_error() {
    let backend = smoke_sea_orm::Rollback::new("mssql://localhost/app");
    let request = OpenRequest::new("shop::a_test", Duration::from_secs(1));
    let error = backend.open(request).await.unwrap_err();
    assert!(error.message().contains("feature"), "{error:?}");
}
