//! PostgreSQL.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::Terms;
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{
    self, FACTS, Facts, Fate, NUMBER, REFUSED, count, fate_of, terminate,
};
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use smoke_core::{Result, RollbackVerdict};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Error, Row, raw_sql};

use super::{Database, Ended, Fault};
use crate::verdict::text;

/// The server's side of the connection.
pub(crate) struct ServerSide {
    facts: Facts,
    /// Whether no pooler stands between.
    own_process: bool,
    /// Whether the server is to refuse to commit.
    sealed: bool,
    /// Whether it is to write, once that is known.
    writes: OnceLock<bool>,
    /// A condition that picks it from `pg_stat_activity`.
    who: OnceLock<String>,
    /// The number of the transaction, where it can be committed.
    number: OnceLock<i64>,
}

impl ServerSide {
    fn writes(&self) -> bool {
        self.facts.writes && self.writes.get() != Some(&false)
    }

    /// Where nothing can be written there is nothing to refuse.
    fn is_sealed(&self) -> bool {
        self.sealed && self.writes()
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
                user: row.try_get(7)?,
                bypasses_row_security: row.try_get(8)?,
            };
            let own_process = facts.are_of_own_process();
            Ok(ServerSide {
                sealed: facts.seals(own_process),
                facts,
                own_process,
                writes: OnceLock::new(),
                who: OnceLock::new(),
                number: OnceLock::new(),
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
        let ServerSide {
            facts, own_process, ..
        } = server_side;
        facts.say_whose(terms.application_user.as_deref());
        let who = || facts.who(*own_process, &terms.guard);
        server_side.who.get_or_init(who);
        server_side.writes.get_or_init(|| terms.writes);
        postgres::begin(terms, server_side.is_sealed())
    }

    fn begun<'c>(
        connection: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, Result<(), Error>> {
        async move {
            if server_side.writes() && !server_side.is_sealed() {
                let row = raw_sql(NUMBER).fetch_one(connection).await?;
                let _ = server_side.number.set(row.try_get(0)?);
            }
            Ok(())
        }
        .boxed()
    }

    fn tidy<'c>(
        connection: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, ()> {
        async move {
            if !server_side.own_process
                && let Err(error) = connection.clear_cached_statements().await
            {
                tracing::debug!(target: "smoke", "prepared statements stay behind: {}", text(&error));
            }
        }
        .boxed()
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
            let Some(who) = outside.who.get() else {
                return Ok(Some(Ended::Before));
            };
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

    fn settle<'o>(
        server_side: &'o ServerSide,
        options: &'o PgConnectOptions,
        verdict: RollbackVerdict,
    ) -> BoxFuture<'o, RollbackVerdict> {
        async move {
            let Some(number) = server_side.number.get() else {
                return verdict;
            };
            fate(options, *number).await.settles(verdict)
        }
        .boxed()
    }
}

/// Asks what became of a transaction, until that is settled.
async fn fate(options: &PgConnectOptions, number: i64) -> Fate {
    let (times, pause) = GONE;
    let asking = async {
        let mut other = options.connect().await?;
        for _ in 1..times {
            let rows = ask(&mut other, fate_of(number)).await?;
            let status: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
            match Fate::read(status.as_deref()) {
                Fate::InProgress => tokio::time::sleep(pause).await,
                settled => return Ok(settled),
            }
        }
        Ok::<_, Error>(Fate::InProgress)
    };
    asking
        .await
        .unwrap_or_else(|error| Fate::Unknown(text(&error)))
}
