//! PostgreSQL.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::Terms;
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::each_statement::{Relay, Server};
use smoke_core::rollback::postgres::{
    self, AS_LOGIN, FACTS, Facts, Fate, NUMBER, REFUSED, count, terminate,
};
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use smoke_core::{Result, RollbackVerdict};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Error, Row, raw_sql};

use super::server;
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

impl Database for Postgres {
    type Outside = ServerSide;

    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = postgres::LIMIT;

    const CAPACITY: usize = usize::MAX;

    const SEALED: bool = false;

    fn by_way_of_relay(
        options: &PgConnectOptions,
    ) -> BoxFuture<'_, Result<(PgConnectOptions, Option<Relay>)>> {
        async move {
            let host = options.get_host();
            if options.get_socket().is_some() {
                return Err(smoke_core::Error::msg(
                    "savepoint_each_statement() needs a socket as the host of the options: \
                     `host(\"/run/postgresql\")` instead of `socket(..)` or `?host=`",
                ));
            }
            if !host.starts_with('/') && !matches!(options.get_ssl_mode(), PgSslMode::Disable) {
                return Err(smoke_core::Error::msg(
                    "a connection that may be encrypted cannot have a savepoint for each statement: \
                     savepoint_each_statement() needs `PgSslMode::Disable`, or `sslmode=disable` in the URL",
                ));
            }
            let server = Server::new(host, options.get_port());
            let relay = Relay::to(server, options.get_application_name()).await?;
            let at = relay.address();
            let options = options.clone().ssl_mode(PgSslMode::Disable);
            let options = options.host(&at.ip().to_string()).port(at.port());
            Ok((options.application_name(relay.secret_name()), Some(relay)))
        }
        .boxed()
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
                server: row.try_get(9)?,
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

    fn begin(terms: &Terms, server_side: &ServerSide) -> String {
        let ServerSide {
            facts, own_process, ..
        } = server_side;
        facts.say_whose(terms.application_user.as_deref());
        let who = || facts.who(*own_process, &terms.guard);
        server_side.who.get_or_init(who);
        server_side.writes.get_or_init(|| terms.writes);
        let before = postgres::before_begin(terms, *own_process);
        before + &postgres::begin(terms, server_side.is_sealed())
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
        let state = error.code();
        state.map_or(Fault::Other, |state| {
            postgres::read_error(&state, error.message())
        })
    }

    fn read_message(said: &str) -> Fault {
        postgres::read_message(said)
    }

    fn remark(server_side: &ServerSide) -> Option<String> {
        server_side.is_sealed().then(|| REFUSED.to_owned())
    }

    fn end_from_outside<'o>(
        outside: &'o ServerSide,
        options: &'o PgConnectOptions,
        closing: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>> {
        if outside.who.get().is_none() {
            return async { Ok(Ended::Before) }.boxed();
        }
        server::end::<Self>(outside, options, closing)
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
            let ask = server_side.facts.fate_of(*number);
            fate(options, &ask).await.settles(verdict)
        }
        .boxed()
    }
}

impl server::Server for Postgres {
    fn is_listed<'c>(
        other: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, Result<bool, Error>> {
        async move {
            let Some(who) = server_side.who.get() else {
                return Ok(false);
            };
            let counting = format!("BEGIN; {AS_LOGIN}; {}; COMMIT", count(who));
            let rows = ask(other, counting).await?;
            let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
            Ok(count > 0)
        }
        .boxed()
    }

    fn tell_to_end<'c>(
        other: &'c mut PgConnection,
        server_side: &'c ServerSide,
    ) -> BoxFuture<'c, Result<bool, Error>> {
        async move {
            let Some(who) = server_side.who.get() else {
                return Ok(false);
            };
            Ok(!ask(other, terminate(who)).await?.is_empty())
        }
        .boxed()
    }
}

/// Asks what became of a transaction, until that is settled.
async fn fate(options: &PgConnectOptions, asking_for: &str) -> Fate {
    let (times, pause) = GONE;
    let asking = async {
        let mut other = options.connect().await?;
        for _ in 1..times {
            let rows = ask(&mut other, asking_for.to_owned()).await?;
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
