//! What a database whose connections block has to bring.

use std::fmt;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::connection::TransactionManager;
use diesel::r2d2::R2D2Connection;
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::{Result, RollbackVerdict};

use super::Manager;
use crate::dialect::{Dialect, Terms};
use crate::gate::Gate;

/// A connection of one database.
pub(crate) trait Connection: R2D2Connection + Send + 'static {
    type Dialect: Dialect;
    type Outside: Outside;

    /// The threads on which the sandboxes of this process connect.
    fn threads() -> Arc<ScheduledThreadPool>;

    /// Has connections of whatever thread be seen, where that is needed to seize one.
    fn watch() -> Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }

    /// Gets hold of the connection, on the thread that has just made it with such a manager.
    fn seize(&mut self, manager: &Manager<Self>) -> Result<Self::Outside>;

    /// Begins the transaction, once the connection is set up as the application's.
    fn begin(&mut self, outside: &Self::Outside, terms: &Terms, gate: &Gate) -> Result;

    /// Looks for what was not rolled back, right after the rollback.
    fn look_back(&mut self) -> QueryResult<RollbackVerdict> {
        Ok(RollbackVerdict::RolledBack)
    }

    /// Has nothing be committed any more that comes after the rollback.
    fn bar(&mut self) -> QueryResult<()> {
        self.batch_execute("START TRANSACTION READ ONLY")
    }
}

/// A connection, held from outside of the thread that uses it.
pub(crate) trait Outside: fmt::Debug + Send + Sync + 'static {
    /// Ends the transaction, whatever that thread does; whether it has ended.
    fn cut(&self) -> bool;

    /// Why a COMMIT would be refused, where that is known before the rollback.
    fn refusal(&self) -> Option<String> {
        None
    }

    /// A verdict that leaves open what became of the transaction, once the database was asked by
    /// way of another connection.
    fn settle(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        verdict
    }

    /// What is known of an escape beyond what the database says.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// Has the pool close the connection at check-in.
pub(crate) fn condemn<C: diesel::Connection>(connection: &mut C) {
    C::TransactionManager::transaction_manager_status_mut(connection).set_in_error();
}
