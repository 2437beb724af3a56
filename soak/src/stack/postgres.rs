//! PostgreSQL: diesel-async, deadpool.

use anyhow::Result;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_axum::Backend;
use smoke_diesel::deadpool::Rollback;

use super::{Connection, Stack};

/// PostgreSQL through diesel-async and deadpool.
#[derive(Debug)]
pub struct Postgres;

impl Stack for Postgres {
    const NAME: &'static str = "postgres";

    const EXPORT: &'static str = "SELECT repeat('x', 1000) FROM generate_series(1, 20000)";

    type Pool = Pool<AsyncPgConnection>;
    type Connection = AsyncPgConnection;

    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool> {
        Rollback::postgres(url)
    }

    async fn transaction(pool: &Self::Pool, sql: String) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ran = connection.transaction(async |connection| connection.batch_execute(&sql).await);
        ran.await
            .map_err(|error: diesel::result::Error| error.to_string())
    }
}

impl Connection for AsyncPgConnection {
    async fn connect(url: &str) -> Result<Self> {
        Ok(Self::establish(url).await?)
    }

    async fn run(&mut self, sql: &str) -> Result<()> {
        Ok(self.batch_execute(sql).await?)
    }

    async fn number(&mut self, query: &str) -> Result<i64> {
        Ok(sql::<BigInt>(query).get_result(self).await?)
    }
}
