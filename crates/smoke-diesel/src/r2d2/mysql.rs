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
use smoke_core::rollback::mysql;

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
        Ok(ServerSide {
            who: sql::<BigInt>(mysql::WHO).get_result(self)?,
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
    /// The number of the connection.
    who: i64,
    manager: Manager<MysqlConnection>,
}

impl ServerSide {
    /// Ends it by way of another connection, whatever it is doing; whether it is gone.
    fn end(&self) -> Result<bool, Error> {
        let mut other = (self.manager)().connect()?;
        // Fails where the connection is gone already.
        let _ = other.batch_execute(&mysql::kill(self.who));
        let (times, pause) = GONE;
        for _ in 0..times {
            let left: i64 = sql::<BigInt>(&mysql::count(self.who))
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
    fn cut(&self) -> bool {
        match self.end() {
            Ok(true) => return true,
            Ok(false) => not_cut("it was told to end and is still there"),
            Err(error) => not_cut(&redact(&error.to_string())),
        }
        false
    }
}

impl fmt::Debug for ServerSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSide")
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}
