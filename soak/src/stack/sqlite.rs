//! SQLite: diesel, r2d2.

use anyhow::Result;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::BigInt;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use smoke_axum::smoke_core::Backend;
use smoke_diesel::r2d2::{Interact as _, InteractError, Rollback};

use super::{Connection, Stack};

/// More than the sandbox's limit, as the documents ask for.
const SET_UP: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON";

/// SQLite through diesel and r2d2.
#[derive(Debug)]
pub struct Sqlite;

impl Stack for Sqlite {
    const NAME: &'static str = "sqlite";

    const EXPORT: &'static str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 20000) \
         SELECT count(hex(zeroblob(500 + n % 2))) FROM n";

    type Pool = Pool<ConnectionManager<SqliteConnection>>;
    type Connection = SqliteConnection;

    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool> {
        Rollback::sqlite(url).setup(|connection| connection.batch_execute(SET_UP))
    }

    async fn transaction(pool: &Self::Pool, sql: String) -> Result<(), String> {
        let ran = pool.interact(move |connection| {
            connection.transaction(|connection| connection.batch_execute(&sql))
        });
        ran.await
            .map_err(|error: InteractError<diesel::result::Error>| error.to_string())
    }
}

impl Connection for SqliteConnection {
    async fn connect(url: &str) -> Result<Self> {
        let mut connection = Self::establish(url)?;
        connection.batch_execute(SET_UP)?;
        Ok(connection)
    }

    async fn run(&mut self, sql: &str) -> Result<()> {
        Ok(self.batch_execute(sql)?)
    }

    async fn number(&mut self, query: &str) -> Result<i64> {
        Ok(sql::<BigInt>(query).get_result(self)?)
    }
}
