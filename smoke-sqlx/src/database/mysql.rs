//! MariaDB and MySQL.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_rollback::Fault;
use smoke_rollback::dialect::mysql::{self, Mysql};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{Error, Executor, Row, raw_sql};

use super::{Database, run_and_ask};
use crate::version::trusted;

impl Database for MySql {
    type Dialect = Mysql;

    fn nowhere() -> MySqlConnectOptions {
        // No path holds a nul.
        MySqlConnectOptions::new().socket("no\0where")
    }

    run_and_ask!();

    fn read(error: &dyn DatabaseError) -> Fault {
        let known = error.try_downcast_ref::<MySqlDatabaseError>();
        known.map_or(Fault::Other, |error| mysql::read(error.number()))
    }

    fn last_error(connection: &mut MySqlConnection) -> BoxFuture<'_, Option<(Fault, String)>> {
        async move {
            let asked = connection.fetch_optional(raw_sql(mysql::LAST_ERROR));
            let row = asked.await.ok()??;
            let forgotten = connection.execute(raw_sql(mysql::FORGET_ERROR));
            forgotten.await.ok()?;
            let fault = mysql::read(row.try_get("Code").ok()?);
            Some((fault, row.try_get("Message").ok()?))
        }
        .boxed()
    }
}
