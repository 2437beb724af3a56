//! What an error means is known whatever the application has put around it, also where diesel tells
//! nobody of it but the caller.

use diesel::connection::SimpleConnection;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use smoke_conformance::Wrapper;
use smoke_core::{Backend, Error, Sandbox};
use smoke_diesel::{bb8, deadpool_diesel, r2d2};

use crate::subject::Subject;
use crate::subject::mariadb::Mariadb;
use crate::subject::postgres::{self, Postgres};
use crate::subject::sqlite::Sqlite;
use crate::version::work;

const SECOND: &str = "limit of the sandbox: a second connection";
const INSIDE: &str =
    "limit of the sandbox: the application began a transaction of a kind of its own";

/// Fails unless a test that ends in that error says so, whatever is around it.
async fn each<B: Backend, Fut>(
    backend: impl Fn(Wrapper) -> B,
    expected: &str,
    ends: fn(Sandbox<B::Pool>, Wrapper) -> Fut,
) where
    Fut: Future<Output = Error> + Send + 'static,
{
    for (wrapper, test) in Wrapper::each(backend, ends).await {
        let said = test.message.as_deref().unwrap();
        assert!(said.contains(expected), "{wrapper:?}: {test:?}");
    }
}

/// A file for each wrapper: one has one sandbox.
async fn files() -> Vec<Sqlite> {
    join_all(Wrapper::ALL.map(|_| Sqlite::new())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_of_deadpool() {
    async fn takes_two(Sandbox(pool): Sandbox<postgres::Pool>, wrapper: Wrapper) -> Error {
        let _first = pool.get().await.unwrap();
        wrapper.wrap(pool.get().await.map(drop).unwrap_err())
    }
    let subject = Postgres::new().await;
    each(|_| subject.backend(), SECOND, takes_two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_of_bb8() {
    async fn takes_two(
        Sandbox(pool): Sandbox<<Mariadb as Subject>::Pool>,
        wrapper: Wrapper,
    ) -> Error {
        let _first = pool.get().await.unwrap();
        wrapper.wrap(pool.get().await.map(drop).unwrap_err())
    }
    let subject = Mariadb::new().await;
    each(|_| bb8::Rollback::mysql(subject.url()), SECOND, takes_two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_of_deadpool_diesel() {
    type Pool = ::deadpool_diesel::Pool<::deadpool_diesel::Manager<diesel::SqliteConnection>>;
    async fn takes_two(Sandbox(pool): Sandbox<Pool>, wrapper: Wrapper) -> Error {
        let _first = pool.get().await.unwrap();
        wrapper.wrap(pool.get().await.map(drop).unwrap_err())
    }
    let files = files().await;
    let backend = |of: Wrapper| deadpool_diesel::Rollback::sqlite(files[of as usize].url());
    each(backend, SECOND, takes_two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_of_r2d2() {
    type Pool = <Sqlite as Subject>::Pool;
    async fn takes_two(Sandbox(pool): Sandbox<Pool>, wrapper: Wrapper) -> Error {
        let taking = tokio::task::spawn_blocking(move || {
            let _first = pool.get().unwrap();
            wrapper.wrap(pool.get().map(drop).unwrap_err())
        });
        taking.await.unwrap()
    }
    let files = files().await;
    each(|of| files[of as usize].backend(), SECOND, takes_two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_a_kind_of_its_own() {
    type Pool = <Sqlite as Subject>::Pool;
    async fn immediate(Sandbox(pool): Sandbox<Pool>, wrapper: Wrapper) -> Error {
        let beginning = tokio::task::spawn_blocking(move || {
            let mut connection = pool.get().unwrap();
            let begun =
                connection.immediate_transaction(|connection| connection.batch_execute("SELECT 1"));
            wrapper.wrap(begun.unwrap_err())
        });
        beginning.await.unwrap()
    }
    async fn serializable(Sandbox(pool): Sandbox<postgres::Pool>, wrapper: Wrapper) -> Error {
        let mut connection = pool.get().await.unwrap();
        let mut begun = connection.build_transaction().serializable();
        let begun = begun.run(work!(|connection| connection
            .batch_execute("SELECT 1")
            .await));
        wrapper.wrap(begun.await.unwrap_err())
    }
    let files = files().await;
    let backend = |of: Wrapper| r2d2::Rollback::sqlite(files[of as usize].url());
    each(backend, INSIDE, immediate).await;
    let subject = Postgres::new().await;
    each(|_| subject.backend(), INSIDE, serializable).await;
}

/// The error of a statement that is met while its rows are read.
async fn insert_returning(connection: &mut AsyncPgConnection) -> diesel::result::Error {
    let insert =
        diesel::dsl::sql::<diesel::sql_types::Integer>("INSERT INTO t VALUES (1) RETURNING x");
    insert.get_result::<i32>(connection).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_comes_with_rows() {
    async fn inserts(Sandbox(pool): Sandbox<postgres::Pool>, wrapper: Wrapper) -> Error {
        let mut connection = pool.get().await.unwrap();
        wrapper.wrap(insert_returning(&mut connection).await)
    }
    let subject = Postgres::new().await;
    let mut production = subject.connect().await;
    let lock = production.batch_execute("BEGIN; LOCK TABLE t");
    lock.await.unwrap();
    each(|_| subject.backend(), "the database was busy", inserts).await;
}
