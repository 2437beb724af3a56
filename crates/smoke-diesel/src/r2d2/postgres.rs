//! PostgreSQL connections.

use std::fmt;
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::r2d2::Error::{self, QueryError};
use diesel::r2d2::ManageConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::Result;

use super::connection::{Connection, Outside};
use super::{Manager, threads};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{self, FACTS};

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
            manager: Arc::clone(manager),
        })
    }

    fn begin(&mut self, server_side: &ServerSide, terms: &Terms, gate: &Gate) -> Result {
        let facts = facts(sql::<FactsSql>(FACTS).get_result::<FactsRow>(self)?);
        if terms.writes && facts.seals(facts.are_of_own_process()) {
            gate.seal();
        }
        let _ = server_side.who.set(facts.who);
        // diesel lets the pool keep a connection in a transaction that was begun like this only;
        // its BEGIN knows no limits yet.
        let begin = PostgresDialect::begin(terms, gate.is_sealed());
        self.begin_test_transaction()
            .and_then(|()| self.batch_execute(&format!("ROLLBACK; {begin}")))
            .map_err(|error| not_begun::<PostgresDialect>(&error))
    }
}

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`, once there is something to end.
    who: OnceLock<String>,
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
            let left: i64 = sql::<BigInt>(&postgres::count(who))
                .get_result(&mut other)
                .map_err(QueryError)?;
            if left == 0 {
                return Ok(true);
            }
            std::thread::sleep(pause);
        }
        Ok(false)
    }
}

impl Outside for ServerSide {
    fn cut(&self) {
        match self.end() {
            Ok(true) => {}
            Ok(false) => not_cut("it was told to end and is still there"),
            Err(error) => not_cut(&redact(&error.to_string())),
        }
    }
}

impl fmt::Debug for ServerSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSide")
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}
