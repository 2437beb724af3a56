//! PostgreSQL, diesel-async, deadpool.

use std::any::Any;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;
use tokio::sync::{Mutex, MutexGuard};

type Pool = diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>;

#[derive(Clone)]
struct Postgres {
    url: String,
}

impl Database for Postgres {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        Rollback::new(&self.url)
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        Rollback::new("postgres://app:secret@127.0.0.1:1/app")
    }

    fn production(&self) -> Pool {
        let manager = AsyncDieselConnectionManager::new(&self.url);
        Pool::builder(manager).max_size(2).build().unwrap()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        connection
            .batch_execute(sql)
            .await
            .map_err(|error| error.to_string())
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ran = connection.transaction(async |connection| connection.batch_execute(sql).await);
        ran.await
            .map_err(|error: diesel::result::Error| error.to_string())
    }

    async fn number(pool: &Pool, query: &str) -> Result<i64, String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let asked = sql::<BigInt>(query).get_result(&mut connection).await;
        asked.map_err(|error| error.to_string())
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(
            pool.get().await.map_err(|error| error.to_string())?,
        ))
    }
}

/// The database of the tests. The suite has one table and counts the connections: it is run for
/// one pool at a time.
pub(crate) async fn url() -> (String, MutexGuard<'static, ()>) {
    static IN_USE: Mutex<()> = Mutex::const_new(());
    let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
        "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
    );
    (url, IN_USE.lock().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_deadpool_conforms() {
    let (url, _turn) = url().await;
    smoke_conformance::backend::check(Postgres { url }).await;
}
