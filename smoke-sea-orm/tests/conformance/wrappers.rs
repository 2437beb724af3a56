//! What an error means is known whatever SeaORM and the application have put around it.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionError, TransactionTrait};
use smoke_conformance::Wrapper;
use smoke_conformance::backend::Database;
use smoke_core::{Backend, Error, Sandbox};
use smoke_sea_orm::{Rollback, smoke_sqlx};

use crate::Production;
use crate::version::ADDS_LINES;

/// Fails unless a test that ends in that error says so, whatever is around it; all that it says.
async fn each<B: Backend<Pool = DatabaseConnection>, Fut>(
    backend: impl Fn(Wrapper) -> B,
    expected: &str,
    ends: fn(Sandbox<DatabaseConnection>, Wrapper) -> Fut,
) -> Vec<(Wrapper, String)>
where
    Fut: Future<Output = Error> + Send + 'static,
{
    let mut said_by = Vec::new();
    for (wrapper, test) in Wrapper::each(backend, ends).await {
        let said = test.message.as_deref().unwrap();
        let all = format!("{said} {}", test.causes.join(" "));
        assert!(all.contains(expected), "{wrapper:?}: {test:?}");
        said_by.push((wrapper, all));
    }
    said_by
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_at_once_is_a_limit_of_the_sandbox() {
    async fn takes_two(Sandbox(pool): Sandbox<DatabaseConnection>, wrapper: Wrapper) -> Error {
        let _first = pool.begin().await.unwrap();
        wrapper.wrap(pool.begin().await.map(drop).unwrap_err())
    }
    const LIMIT: &str = "limit of the sandbox: a second connection";
    // One file has one sandbox.
    let sqlite = join_all(Wrapper::ALL.map(|_| Production::on_sqlite())).await;
    let on_sqlite = |wrapper: Wrapper| sqlite[wrapper as usize].backend();
    each(on_sqlite, LIMIT, takes_two).await;
    let postgres = Production::on_postgres().await;
    each(|_| postgres.backend(), LIMIT, takes_two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_in_a_sandbox_for_reading_is_a_limit_of_it() {
    const WRITE: &str = "CREATE TABLE written (x INTEGER)";
    async fn writes(Sandbox(pool): Sandbox<DatabaseConnection>, wrapper: Wrapper) -> Error {
        wrapper.wrap(pool.execute_unprepared(WRITE).await.unwrap_err())
    }
    async fn in_a_transaction(
        Sandbox(pool): Sandbox<DatabaseConnection>,
        wrapper: Wrapper,
    ) -> Error {
        let written = pool.transaction::<_, (), DbErr>(|transaction| {
            Box::pin(async move { transaction.execute_unprepared(WRITE).await.map(drop) })
        });
        let error: TransactionError<DbErr> = written.await.unwrap_err();
        wrapper.wrap(error)
    }
    const LIMIT: &str = "limit of the sandbox: the sandbox is read-only";
    let production = Production::on_postgres().await;
    let pool = production.connection.get_postgres_connection_pool();
    let backend = |_| Rollback::from(smoke_sqlx::Rollback::like(pool).read_only());
    each(backend, LIMIT, writes).await;
    each(backend, LIMIT, in_a_transaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_said_is_without_the_line_of_its_source() {
    async fn asks(Sandbox(pool): Sandbox<DatabaseConnection>, wrapper: Wrapper) -> Error {
        let asked = pool.execute_unprepared("SELECT license").await;
        wrapper.wrap(asked.unwrap_err())
    }
    let production = Production::on_postgres().await;
    let said = "column \"license\" does not exist";
    for (wrapper, all) in each(|_| production.backend(), said, asks).await {
        // A text that has lost its type keeps what sqlx has added.
        let has_line = all.contains(" at line ");
        let keeps = ADDS_LINES && wrapper == Wrapper::Text;
        assert_eq!(has_line, keeps, "{wrapper:?}: {all}");
    }
}
