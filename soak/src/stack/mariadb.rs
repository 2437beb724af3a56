//! MariaDB: diesel-async, deadpool.

use anyhow::Result;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_axum::Backend;
use smoke_diesel::deadpool::Rollback;

use super::{Connection, Stack};

/// MariaDB through diesel-async and deadpool.
#[derive(Debug)]
pub struct Mariadb;

impl Stack for Mariadb {
    const NAME: &'static str = "mariadb";

    const EXPORT: &'static str = "SELECT REPEAT('x', 1000) FROM seq_1_to_20000";

    type Pool = Pool<AsyncMysqlConnection>;
    type Connection = AsyncMysqlConnection;

    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool> {
        Rollback::mysql(url).accept_implicit_commits()
    }

    async fn transaction(pool: &Self::Pool, sql: String) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ran = connection.transaction(async |connection| connection.batch_execute(&sql).await);
        ran.await
            .map_err(|error: diesel::result::Error| error.to_string())
    }
}

impl Connection for AsyncMysqlConnection {
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
