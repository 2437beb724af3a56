//! What a database has to bring.

use std::future::Future;

use diesel::QueryResult;
use diesel_async::AsyncConnection;
use diesel_async::pooled_connection::PoolableConnection;
use smoke_core::RollbackVerdict;

use super::Connect;
use crate::dialect::{Dialect, Terms};
use crate::gate::{Gate, Refusal};

/// A connection of one database.
pub(crate) trait Connection: PoolableConnection + 'static {
    type Dialect: Dialect;

    /// What is needed to end the connection by way of another one.
    type ServerSide: Send + Sync + 'static;

    /// Sets what the application's own set-up may set otherwise.
    fn prepare(&mut self) -> impl Future<Output = QueryResult<()>> + Send {
        async { Ok(()) }
    }

    /// Begins the transaction, once the connection is set up as the application's.
    fn begin(
        &mut self,
        terms: &Terms,
        gate: &Gate,
    ) -> impl Future<Output = QueryResult<Self::ServerSide>> + Send;

    /// Whether the connection may be handed out: it is inside the transaction.
    fn inside(
        &mut self,
        terms: &Terms,
        gate: &Gate,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Looks for what was not rolled back, right after the rollback.
    fn look_back(&mut self) -> impl Future<Output = QueryResult<RollbackVerdict>> + Send {
        async { Ok(RollbackVerdict::RolledBack) }
    }

    /// Ends the connection, whatever it is doing, by way of another one that is given, if the
    /// server lets anybody in; whether it is gone.
    fn end(
        server_side: &Self::ServerSide,
        other: Option<Self>,
    ) -> impl Future<Output = QueryResult<bool>> + Send;

    /// A verdict that leaves open what became of the transaction, once the database was asked by
    /// way of another connection.
    fn settle(
        _: &Self::ServerSide,
        _: &Connect<Self>,
        verdict: RollbackVerdict,
    ) -> impl Future<Output = RollbackVerdict> + Send {
        async { verdict }
    }
}

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
