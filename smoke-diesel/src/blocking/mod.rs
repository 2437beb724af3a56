//! What a database whose connections block has to bring, and what its pools have in common.

mod link;
#[cfg(feature = "mysql-r2d2")]
mod mysql;
#[cfg(feature = "postgres-r2d2")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod threads;

use std::future::Future;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::connection::TransactionManager;
use diesel::r2d2::{ConnectionManager, ManageConnection, R2D2Connection};
use futures_util::FutureExt;
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::Result;
use smoke_core::rollback::redact;
use smoke_rollback::dialect::Dialect;
use tokio::runtime::Handle;

pub(crate) use link::blocking_link;

/// Makes the manager that the application connects with.
pub(crate) type Manager<C> = Arc<dyn Fn() -> ConnectionManager<C> + Send + Sync>;

/// A connection of one database.
#[diagnostic::on_unimplemented(
    message = "smoke-diesel has no sandboxes for `{Self}`",
    note = "choose its database among the features of smoke-diesel: `sqlite`, `postgres-r2d2`, `mysql-r2d2`",
    note = "if that is chosen, the connection is from another version of diesel: `cargo tree --duplicates` shows what is there twice"
)]
pub(crate) trait Connection: R2D2Connection + Send + 'static {
    type Dialect: Dialect;

    /// The threads on which the sandboxes of this process connect.
    fn threads() -> Arc<ScheduledThreadPool>;

    /// Has connections of whatever thread be seen, where that is needed to get hold of one.
    fn watch() -> Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }

    /// Whether sandboxes may connect with a manager of the application's, which opens as it likes.
    fn admit_manager() -> Result {
        Ok(())
    }

    /// Asks for the first column of each row.
    fn texts(&mut self, sql: &str) -> QueryResult<Vec<Option<String>>>;

    /// Prepares no statements on the server from now on.
    fn keep_no_statements(&mut self) {}

    /// The URL of a connection that costs nothing and that a pool may make in the place of one that is
    /// moved there; none where there is no such connection.
    const PLACEHOLDER: Option<&'static str> = None;
}

/// Begins a transaction with these statements. diesel lets a pool keep a connection in one that was
/// begun like this only; its BEGIN knows no limits yet.
pub(crate) fn begin<C: Connection>(connection: &mut C, sql: &str) -> QueryResult<()> {
    connection.begin_test_transaction()?;
    // Where the first of the statements is not that already.
    let end = if sql.starts_with("ROLLBACK") {
        ""
    } else {
        "ROLLBACK; "
    };
    connection.batch_execute(&format!("{end}{sql}"))
}

/// Rolls back the nested transactions that were begun and never ended. The application's pool
/// would discard such a connection, which rolls them back too.
pub(crate) fn end_nested<C: Connection>(connection: &mut C) {
    while matches!(
        C::TransactionManager::transaction_manager_status_mut(connection).transaction_depth(),
        Ok(Some(depth)) if depth.get() > 1
    ) {
        if C::TransactionManager::rollback_transaction(connection).is_err() {
            break;
        }
    }
}

/// Has the pool close the connection at check-in.
pub(crate) fn condemn<C: diesel::Connection>(connection: &mut C) {
    C::TransactionManager::transaction_manager_status_mut(connection).set_in_error();
}

/// Has diesel believe that the connection is in no transaction.
pub(crate) fn forget_transaction<C: diesel::Connection>(connection: &mut C) {
    *C::TransactionManager::transaction_manager_status_mut(connection) = Default::default();
}

/// Another connection, made as the application makes its own.
pub(crate) fn connect<C: Connection>(manager: &Manager<C>) -> Result<C, String> {
    let connected = manager().connect();
    connected.map_err(|error| redact(&error.to_string()).into_owned())
}

/// Carries out work that blocks, on a thread that may be blocked.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let runtime = Handle::current();
    let working = tokio::task::spawn_blocking(move || runtime.block_on(work));
    working.await.ok()
}

/// The output of a future that does not wait for anything: it blocks.
pub(crate) fn done<T>(work: impl Future<Output = T>) -> Option<T> {
    work.now_or_never()
}
