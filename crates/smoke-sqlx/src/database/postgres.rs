//! PostgreSQL.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::Result;
use smoke_core::rollback::Terms;
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{self, FACTS, Facts, REFUSED, count, terminate};
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Row, raw_sql};

use super::{Database, Ended, Fault};

/// The server's side of the connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    /// Whether the server is to refuse to commit.
    sealed: AtomicBool,
}

impl ServerSide {
    fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::SeqCst)
    }
}

async fn ask(connection: &mut PgConnection, sql: String) -> Result<Vec<PgRow>, Error> {
    // Not prepared: behind a transaction pooler the statement would stay on the server.
    raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await
}

/// Whether the server still has the connection.
async fn is_there(other: &mut PgConnection, who: &str) -> Result<bool, Error> {
    let rows = ask(other, count(who)).await?;
    let number: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(number > 0)
}

/// Whether the server no longer has the connection, at last.
async fn is_gone(
    other: &mut PgConnection,
    who: &str,
    (times, pause): (u32, Duration),
) -> Result<bool, Error> {
    for _ in 0..times {
        if !is_there(other, who).await? {
            return Ok(true);
        }
        tokio::time::sleep(pause).await;
    }
    Ok(false)
}

impl Database for Postgres {
    type Outside = ServerSide;

    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = postgres::LIMIT;

    const CAPACITY: usize = usize::MAX;

    const SEALED: bool = false;

    fn for_sandbox(options: PgConnectOptions) -> PgConnectOptions {
        options
    }

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
            let own_process = facts.are_of_own_process();
            let sealed = AtomicBool::new(facts.seals(own_process));
            Ok(ServerSide {
                who: facts.who,
                sealed,
            })
        }
        .boxed()
    }

    fn make_ready<'c>(
        _: &'c mut PgConnection,
        _: &'c ServerSide,
    ) -> BoxFuture<'c, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }

    fn begin(terms: &Terms, server_side: &ServerSide) -> String {
        // Where nothing can be written there is nothing to refuse.
        server_side.sealed.fetch_and(terms.writes, Ordering::SeqCst);
        postgres::begin(terms, server_side.is_sealed())
    }

    fn end(savepoints: &Savepoints, server_side: &ServerSide) -> Vec<Attempt<Ending>> {
        postgres::end(savepoints, server_side.is_sealed())
    }

    fn read(error: &dyn DatabaseError) -> Fault {
        if error.message().contains("cached plan must not change") {
            return Fault::SchemaChanged;
        }
        error
            .code()
            .map_or(Fault::Other, |state| postgres::read(&state))
    }

    fn refusal<'c>(_: &'c mut PgConnection, _: &'c ServerSide) -> BoxFuture<'c, Option<String>> {
        async { None }.boxed()
    }

    fn remark(server_side: &ServerSide) -> Option<String> {
        server_side.is_sealed().then(|| REFUSED.to_owned())
    }

    fn end_from_outside<'o>(
        outside: &'o ServerSide,
        options: &'o PgConnectOptions,
        closing: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>> {
        let ending = async move {
            let who = &outside.who;
            let mut other = options.connect().await?;
            let (times, pause) = GONE;
            let patience = u32::try_from(closing.as_millis() / pause.as_millis().max(1));
            if is_gone(&mut other, who, (patience.unwrap_or(times), pause)).await? {
                return Ok(Some(Ended::Before));
            }
            if ask(&mut other, terminate(who)).await?.is_empty() {
                return Ok(Some(Ended::Before));
            }
            let gone = is_gone(&mut other, who, GONE).await?;
            Ok::<_, Error>(gone.then_some(Ended::Now))
        };
        async move {
            match ending.await {
                Ok(Some(ended)) => Ok(ended),
                Ok(None) => Err("it was told to end and is still there".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed()
    }
}
