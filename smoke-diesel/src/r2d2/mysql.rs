//! MariaDB and MySQL connections.

use std::fmt;
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::r2d2::Error::{self, QueryError};
use diesel::r2d2::ManageConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, MysqlConnection, QueryResult, RunQueryDsl};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::{Result, RollbackVerdict};

use super::connection::{Connection, Outside};
use super::{Manager, threads};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::mysql::{self, Sight, Who};

use crate::dialect::{Dialect, MysqlDialect, Terms};
use crate::gate::Gate;
use crate::verdict::{not_begun, not_cut};
use smoke_core::rollback::redact;

impl Connection for MysqlConnection {
    type Dialect = MysqlDialect;
    type Outside = ServerSide;

    /// Two threads: where a server does not answer, another one may.
    fn threads() -> Arc<ScheduledThreadPool> {
        static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
        Arc::clone(THREADS.get_or_init(|| threads::start("mysql", 2)))
    }

    fn seize(&mut self, manager: &Manager<Self>) -> Result<ServerSide> {
        self.batch_execute(mysql::ISOLATION)?;
        let asked = sql::<(BigInt, Text, Text)>(&Who::ask());
        let (number, place, port) = asked.get_result(self)?;
        Ok(ServerSide {
            who: Who {
                number,
                place,
                port,
            },
            manager: Arc::clone(manager),
        })
    }

    fn begin(&mut self, _: &ServerSide, terms: &Terms, gate: &Gate) -> Result {
        // diesel lets the pool keep a connection in a transaction that was begun like this only;
        // its BEGIN knows no limits yet.
        let begin = MysqlDialect::begin(terms, gate.is_sealed());
        self.begin_test_transaction()
            .and_then(|()| self.batch_execute(&format!("ROLLBACK; {begin}")))
            .map_err(|error| not_begun::<MysqlDialect>(&error))
    }

    fn look_back(&mut self) -> QueryResult<RollbackVerdict> {
        let warned: i64 = sql::<BigInt>(mysql::WARNED).get_result(self)?;
        if warned == 0 {
            return Ok(RollbackVerdict::RolledBack);
        }
        let tables = sql::<Text>(mysql::WITHOUT_TRANSACTIONS).load(self)?;
        Ok(mysql::non_transactional(tables))
    }
}

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    who: Who,
    manager: Manager<MysqlConnection>,
}

impl ServerSide {
    /// Ends it by way of another connection, whatever it is doing.
    fn end(&self) -> Result<(), String> {
        let said = |error: Error| redact(&error.to_string()).into_owned();
        let mut other = (self.manager)().connect().map_err(said)?;
        let (times, pause) = GONE;
        let mut refused = None;
        for _ in 0..times {
            let seen = sql::<BigInt>(&self.who.sight()).get_result(&mut other);
            if Sight::read(seen.map_err(|error| said(QueryError(error)))?)? == Sight::Gone {
                return Ok(());
            }
            match other.batch_execute(&self.who.kill()) {
                Err(error) if self.who.was_gone(&error.to_string()) => return Ok(()),
                told => refused = told.err(),
            }
            std::thread::sleep(pause);
        }
        Err(refused.map_or_else(
            || "it was told to end and is still there".to_owned(),
            |error| said(QueryError(error)),
        ))
    }
}

impl Outside for ServerSide {
    fn cut(&self) -> bool {
        let ended = self.end();
        if let Err(why) = &ended {
            not_cut(why);
        }
        ended.is_ok()
    }
}

impl fmt::Debug for ServerSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSide")
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}
