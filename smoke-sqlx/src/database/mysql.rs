//! MariaDB and MySQL.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::Terms;
use smoke_core::rollback::mysql::{self, ISOLATION, Sight, WARNED, WITHOUT_TRANSACTIONS, Who};
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use smoke_core::{Result, RollbackVerdict};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Error, Row, raw_sql};

use super::server::{self, Server};
use super::{Database, Ended, Fault};

async fn number(connection: &mut MySqlConnection, sql: &str) -> Result<i64, Error> {
    let row = raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await?;
    row.try_get(0)
}

async fn sight(other: &mut MySqlConnection, who: &Who) -> Result<Sight, Error> {
    let seen = Sight::read(number(other, &who.sight()).await?);
    seen.map_err(|why| Error::Protocol(why.to_owned()))
}

fn number_of(error: &dyn DatabaseError) -> Option<u16> {
    let error = error.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}

impl Database for MySql {
    type Outside = Who;

    const NAME: &'static str = "MariaDB or MySQL";

    const LIMIT: Duration = mysql::LIMIT;

    const CAPACITY: usize = usize::MAX;

    const WRITES: bool = mysql::WRITES;

    const ENDS_ON_ITS_OWN: bool = true;

    const SEALED: bool = false;

    fn nowhere() -> MySqlConnectOptions {
        // No path holds a nul.
        MySqlConnectOptions::new().socket("no\0where")
    }

    fn run(connection: &mut MySqlConnection, sql: String) -> BoxFuture<'_, Result<(), Error>> {
        async move {
            raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            Ok(())
        }
        .boxed()
    }

    fn seize(connection: &mut MySqlConnection) -> BoxFuture<'_, Result<Who>> {
        async move {
            // Before the application's own set-up, which may set it otherwise.
            raw_sql(ISOLATION).execute(&mut *connection).await?;
            let row = raw_sql(AssertSqlSafe(Who::ask()))
                .fetch_one(connection)
                .await?;
            Ok(Who {
                number: row.try_get(0)?,
                place: row.try_get(1)?,
                port: row.try_get(2)?,
            })
        }
        .boxed()
    }

    fn begin(terms: &Terms, _: &Who) -> String {
        mysql::begin(terms)
    }

    fn end(savepoints: &Savepoints, _: &Who) -> Vec<Attempt<Ending>> {
        mysql::end(savepoints)
    }

    fn read(error: &dyn DatabaseError) -> Fault {
        number_of(error).map_or(Fault::Other, mysql::read)
    }

    fn read_message(said: &str) -> Fault {
        mysql::read_message(said)
    }

    fn last_error<'c>(
        connection: &'c mut MySqlConnection,
        _: &'c Self::Outside,
    ) -> BoxFuture<'c, Option<(Fault, String)>> {
        async move {
            let asked = raw_sql(mysql::LAST_ERROR).fetch_optional(&mut *connection);
            let row = asked.await.ok()??;
            raw_sql(mysql::FORGET_ERROR)
                .execute(connection)
                .await
                .ok()?;
            let fault = mysql::read(row.try_get("Code").ok()?);
            Some((fault, row.try_get("Message").ok()?))
        }
        .boxed()
    }

    fn look_back(
        connection: &mut MySqlConnection,
    ) -> BoxFuture<'_, Result<RollbackVerdict, Error>> {
        async move {
            if number(connection, WARNED).await? == 0 {
                return Ok(RollbackVerdict::RolledBack);
            }
            let rows = raw_sql(WITHOUT_TRANSACTIONS).fetch_all(connection).await?;
            let tables: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
            Ok(mysql::non_transactional(tables?))
        }
        .boxed()
    }

    fn end_from_outside<'o>(
        who: &'o Who,
        options: &'o MySqlConnectOptions,
        closing: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>> {
        server::end::<Self>(who, options, closing)
    }
}

impl Server for MySql {
    fn is_listed<'c>(
        other: &'c mut MySqlConnection,
        who: &'c Who,
    ) -> BoxFuture<'c, Result<bool, Error>> {
        async move { Ok(sight(other, who).await? == Sight::Listed) }.boxed()
    }

    fn tell_to_end<'c>(
        other: &'c mut MySqlConnection,
        who: &'c Who,
    ) -> BoxFuture<'c, Result<bool, Error>> {
        async move {
            if sight(other, who).await? == Sight::Gone {
                return Ok(false);
            }
            match Self::run(other, who.kill()).await {
                Ok(()) => Ok(true),
                Err(Error::Database(error)) if who.was_gone(error.message()) => Ok(false),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}
