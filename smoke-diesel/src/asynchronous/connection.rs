//! What a database has to bring.

use std::future::Future;
use std::sync::Arc;

use diesel::{ConnectionResult, QueryResult};
use diesel_async::AsyncConnection;
use diesel_async::pooled_connection::PoolableConnection;
use smoke_rollback::Fault;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::gate::Gate;

use super::Connect;

/// A connection of one database.
#[diagnostic::on_unimplemented(
    message = "smoke-diesel has no sandboxes for `{Self}`",
    note = "choose its database among the features of smoke-diesel: `sqlite-async`, `postgres`, `mysql`",
    note = "if that is chosen, the connection is from another version of diesel-async: `cargo tree --duplicates` shows what is there twice"
)]
pub(crate) trait Connection: PoolableConnection + 'static {
    type Dialect: Dialect;

    /// What hears of all errors that the server sends, where that can be done, and can cancel what the
    /// server does.
    type Line: Line<Self>;

    /// Whether nothing goes on in a connection that was dropped.
    const ENDS_WHEN_DROPPED: bool = true;

    /// Whether there is a connection that costs little and leads nowhere, to take the place of one that
    /// is moved out of a pool.
    const HAS_PLACEHOLDER: bool = false;

    /// Such a connection.
    fn placeholder() -> impl Future<Output = Option<Self>> + Send {
        async { None }
    }

    /// Whether sandboxes may connect with a manager of the application's, which opens as it likes.
    fn admit_manager() -> smoke_core::Result {
        Ok(())
    }

    /// Connects as the application does.
    fn connect(connect: &Connect<Self>) -> impl Future<Output = ConnectionResult<Self>> + Send {
        connect()
    }

    /// Asks for the first column of each row.
    fn texts(&mut self, sql: &str)
    -> impl Future<Output = QueryResult<Vec<Option<String>>>> + Send;

    /// Begins a transaction with these statements, so that diesel counts it.
    fn begin(&mut self, sql: &str) -> impl Future<Output = QueryResult<()>> + Send;

    /// What went wrong in the last statement since that was to be forgotten, where the server has to
    /// be asked; it is forgotten then.
    fn last_error(&mut self) -> impl Future<Output = Option<(Fault, String)>> + Send {
        async { None }
    }

    /// Prepares no statements on the server from now on.
    fn keep_no_statements(&mut self) {}
}

/// The way to the server.
pub(crate) trait Line<C: Connection>: Default + Clone + Send + Sync + 'static {
    /// Connects with that URL so that all errors are heard that the server sends, where that can be
    /// done.
    fn overheard(&self, _url: &str) -> impl Future<Output = Option<ConnectionResult<C>>> + Send {
        async { None }
    }

    /// Tells the sandbox with that gate of what is heard from now on.
    fn tell(&self, _gate: &Arc<Gate>) {}

    /// Whether the process of the server is the connection's own; none where the facts say so.
    fn is_own_process(
        &self,
        _connection: &C,
        _process: i32,
    ) -> impl Future<Output = Option<bool>> + Send {
        async { None }
    }

    /// Has the server cancel what it does for the connection.
    fn cancel(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

impl<C: Connection> Line<C> for () {}

/// Has the pool keep the connection although it is in a transaction.
pub(super) fn keep<C: AsyncConnection>(connection: &mut C) {
    use diesel_async::TransactionManager as _;
    C::TransactionManager::transaction_manager_status_mut(connection).set_test_transaction_flag();
}

/// Has the pool close the connection at check-in.
pub(crate) fn condemn<C: AsyncConnection>(connection: &mut C) {
    use diesel_async::TransactionManager as _;
    C::TransactionManager::transaction_manager_status_mut(connection).set_in_error();
}

/// Has diesel believe that the connection is in no transaction.
pub(super) fn forget_transaction<C: AsyncConnection>(connection: &mut C) {
    use diesel_async::TransactionManager as _;
    *C::TransactionManager::transaction_manager_status_mut(connection) = Default::default();
}

/// Rolls back the nested transactions whose futures were dropped before they ended. The
/// application's pool would discard such a connection, which rolls them back too.
pub(super) async fn end_nested<C: AsyncConnection>(connection: &mut C) {
    use diesel_async::TransactionManager as _;
    while matches!(
        C::TransactionManager::transaction_manager_status_mut(connection).transaction_depth(),
        Ok(Some(depth)) if depth.get() > 1
    ) {
        if C::TransactionManager::rollback_transaction(connection)
            .await
            .is_err()
        {
            break;
        }
    }
}
