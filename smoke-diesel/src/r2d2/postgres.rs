//! PostgreSQL connections.

use std::fmt;
use std::sync::{Arc, OnceLock};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::dsl::sql;
use diesel::r2d2::Error::{self, QueryError};
use diesel::r2d2::ManageConnection;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{Connection as _, PgConnection, QueryResult, RunQueryDsl};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::{Result, RollbackVerdict};

use super::connection::{Connection, Outside};
use super::{Manager, threads};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{self, AS_LOGIN, FACTS, Fate, NUMBER};

use crate::dialect::{Dialect, FactsRow, FactsSql, PostgresDialect, Terms, facts};
use crate::gate::Gate;
use crate::verdict::{not_begun, not_cut};
use smoke_core::rollback::redact;

impl Connection for PgConnection {
    type Dialect = PostgresDialect;
    type Outside = ServerSide;

    /// Two threads: where a server does not answer, another one may.
    fn threads() -> Arc<ScheduledThreadPool> {
        static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
        Arc::clone(THREADS.get_or_init(|| threads::start("postgres", 2)))
    }

    fn seize(&mut self, manager: &Manager<Self>) -> Result<ServerSide> {
        Ok(ServerSide {
            who: OnceLock::new(),
            fate: OnceLock::new(),
            manager: Arc::clone(manager),
        })
    }

    fn begin(&mut self, server_side: &ServerSide, terms: &Terms, gate: &Gate) -> Result {
        // diesel lets the pool keep a connection in a transaction that was begun like this only;
        // its BEGIN knows no limits yet, and is followed by them.
        self.begin_test_transaction()
            .and_then(|()| begin_anew(self, server_side, terms, gate))
            .map_err(|error| not_begun::<PostgresDialect>(&error))
    }
}

/// Begins the transaction anew, as the facts allow.
fn begin_anew(
    connection: &mut PgConnection,
    server_side: &ServerSide,
    terms: &Terms,
    gate: &Gate,
) -> QueryResult<()> {
    connection.batch_execute(&postgres::limits(terms))?;
    let facts = facts(sql::<FactsSql>(FACTS).get_result::<FactsRow>(connection)?);
    let own_process = facts.are_of_own_process();
    facts.say_whose(terms.application_user.as_deref());
    if terms.writes && facts.seals(own_process) {
        gate.seal();
    }
    if !own_process {
        // They would stay on the server, for its next client.
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
    let _ = server_side.who.set(facts.who(own_process, &terms.guard));
    let begin = PostgresDialect::begin(terms, gate.is_sealed());
    let before = postgres::before_begin(terms, own_process);
    connection.batch_execute(&format!("ROLLBACK; {before}{begin}"))?;
    if terms.writes && facts.writes && !gate.is_sealed() {
        let number = sql::<BigInt>(NUMBER).get_result(connection)?;
        let _ = server_side.fate.set(facts.fate_of(number));
    }
    Ok(())
}

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`, once there is something to end.
    who: OnceLock<String>,
    /// Asks what became of the transaction, where it can be committed.
    fate: OnceLock<String>,
    manager: Manager<PgConnection>,
}

impl ServerSide {
    /// Ends it by way of another connection, whatever it is doing; whether it is gone.
    fn end(&self) -> Result<bool, Error> {
        let Some(who) = self.who.get() else {
            return Ok(true);
        };
        let mut other = (self.manager)().connect()?;
        other
            .batch_execute(&postgres::terminate(who))
            .map_err(QueryError)?;
        let (times, pause) = GONE;
        for _ in 0..times {
            let left: i64 = other
                .transaction(|other| {
                    other.batch_execute(AS_LOGIN)?;
                    sql::<BigInt>(&postgres::count(who)).get_result(other)
                })
                .map_err(QueryError)?;
            if left == 0 {
                return Ok(true);
            }
            std::thread::sleep(pause);
        }
        Ok(false)
    }

    /// Asks what became of the transaction, until that is settled.
    fn fate(&self, ask: &str) -> Result<Fate, Error> {
        let mut other = (self.manager)().connect()?;
        let (times, pause) = GONE;
        for _ in 0..times {
            // In a transaction, for a transaction pooler's sake.
            let status: Option<String> = other
                .transaction(|other| sql::<Nullable<Text>>(ask).get_result(other))
                .map_err(QueryError)?;
            match Fate::read(status.as_deref()) {
                Fate::InProgress => std::thread::sleep(pause),
                settled => return Ok(settled),
            }
        }
        Ok(Fate::InProgress)
    }
}

impl Outside for ServerSide {
    fn cut(&self) -> bool {
        match self.end() {
            Ok(true) => return true,
            Ok(false) => not_cut("it was told to end and is still there"),
            Err(error) => not_cut(&redact(&error.to_string())),
        }
        false
    }

    fn settle(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        let Some(ask) = self.fate.get() else {
            return verdict;
        };
        let unknown = |error: Error| Fate::Unknown(redact(&error.to_string()).into_owned());
        self.fate(ask).unwrap_or_else(unknown).settles(verdict)
    }
}

impl fmt::Debug for ServerSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSide")
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}
