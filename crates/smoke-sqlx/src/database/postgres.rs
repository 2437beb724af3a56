//! PostgreSQL.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::Result;
use smoke_core::rollback::Terms;
use smoke_core::rollback::postgres::{self, FACTS, Facts, REFUSED, count, terminate};
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Error, Row, raw_sql};

use super::server::{self, Server};
use super::{Database, Ended, Fault};

/// The server's side of the connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    /// Whether the server is to refuse to commit.
    sealed: bool,
}

async fn ask(connection: &mut PgConnection, sql: String) -> Result<Vec<PgRow>, Error> {
    // Not prepared: behind a transaction pooler the statement would stay on the server.
    raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await
}

impl Database for Postgres {
    type Outside = ServerSide;

    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = postgres::LIMIT;

    const CAPACITY: usize = usize::MAX;

    const SEALED: bool = false;

    fn nowhere() -> PgConnectOptions {
        // No path holds a nul, but for one that is not a file's.
        PgConnectOptions::new_without_pgpass().socket("no\0where")
    }

    fn run(connection: &mut PgConnection, sql: String) -> BoxFuture<'_, Result<(), Error>> {
        async move {
            raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            Ok(())
        }
        .boxed()
    }

    fn seize(connection: &mut PgConnection) -> BoxFuture<'_, Result<ServerSide>> {
        async move {
            let row = raw_sql(FACTS).fetch_one(connection).await?;
            let facts = Facts {
                who: row.try_get(0)?,
                process: row.try_get(1)?,
                writes: row.try_get(2)?,
                may_make_tables: row.try_get(3)?,
                client: row.try_get(4)?,
                client_port: row.try_get(5)?,
                server_port: row.try_get(6)?,
            };
            let sealed = facts.seals(facts.are_of_own_process());
            Ok(ServerSide {
                who: facts.who,
                sealed,
            })
        }
        .boxed()
    }

    fn begin(terms: &Terms, server_side: &ServerSide) -> String {
        postgres::begin(terms, server_side.sealed)
    }

    fn end(savepoints: &Savepoints, server_side: &ServerSide) -> Vec<Attempt<Ending>> {
        postgres::end(savepoints, server_side.sealed)
    }

    fn read(error: &dyn DatabaseError) -> Fault {
        match error.code().as_deref() {
            // "no active SQL transaction" and "invalid savepoint specification".
            Some("25P01" | "3B001") => Fault::Ended,
            Some(state) if postgres::is_lost(state) => Fault::Lost,
            Some(state) if postgres::is_busy(state) => Fault::Busy,
            Some(state) if postgres::is_full(state) => Fault::Full,
            _ => Fault::Other,
        }
    }

    fn remark(server_side: &ServerSide) -> Option<String> {
        server_side.sealed.then(|| REFUSED.to_owned())
    }

    fn end_from_outside<'o>(
        outside: &'o ServerSide,
        options: &'o PgConnectOptions,
        closing: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>> {
        server::end::<Self>(outside, options, closing)
    }
}

impl Server for Postgres {
    fn count<'c>(
        other: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, Result<i64, Error>> {
        async move {
            let rows = ask(other, count(&server_side.who)).await?;
            rows.first().map_or(Ok(0), |row| row.try_get(0))
        }
        .boxed()
    }

    fn tell_to_end<'c>(
        other: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, Result<bool, Error>> {
        async move { Ok(!ask(other, terminate(&server_side.who)).await?.is_empty()) }.boxed()
    }
}
