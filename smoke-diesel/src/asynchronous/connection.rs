//! What a database has to bring.

use std::future::Future;
use std::sync::Arc;

use diesel::{ConnectionResult, QueryResult};
use diesel_async::AsyncConnection;
use diesel_async::pooled_connection::PoolableConnection;
use smoke_core::RollbackVerdict;
use smoke_core::rollback::{Fault, redact};

use super::Connect;
use crate::dialect::{Dialect, Terms};
use crate::gate::{Gate, Refusal};
use crate::verdict::text;

/// A connection of one database.
pub(crate) trait Connection: PoolableConnection + 'static {
    type Dialect: Dialect;

    /// Whether nothing goes on in a connection that was dropped.
    const ENDS_WHEN_DROPPED: bool = true;

    /// What is needed to end the connection by way of another one.
    type ServerSide: Send + Sync + 'static;

    /// Connects as the application does.
    fn connect(connect: &Connect<Self>) -> impl Future<Output = ConnectionResult<Self>> + Send {
        connect()
    }

    /// Connects with that URL so that all errors are heard that the server sends, where that
    /// can be done.
    fn overheard(
        _url: &str,
        _gate: &Arc<Gate>,
    ) -> impl Future<Output = Option<ConnectionResult<Self>>> + Send {
        async { None }
    }

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

    /// What went wrong in the last statement since that was to be forgotten, where the server has to
    /// be asked.
    fn last_error(&mut self) -> impl Future<Output = Option<(Fault, String)>> + Send {
        async { None }
    }

    /// Has the server forget what went wrong.
    fn forget_error(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Looks for what was not rolled back, right after the rollback.
    fn look_back(&mut self) -> impl Future<Output = QueryResult<RollbackVerdict>> + Send {
        async { Ok(RollbackVerdict::RolledBack) }
    }

    /// Why a COMMIT would be refused, where that is known before the rollback.
    fn refusal(_server_side: &Self::ServerSide) -> Option<String> {
        None
    }

    /// What is known of an escape beyond what the database says.
    fn remark(_server_side: &Self::ServerSide) -> Option<String> {
        None
    }

    /// Ends the connection, whatever it is doing; the error says why it may still be there.
    fn end(
        server_side: &Self::ServerSide,
        connect: &Connect<Self>,
    ) -> impl Future<Output = Result<(), String>> + Send;

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

/// A connection to a server, which ends it when another one asks for that.
pub(super) trait Remote: Connection {
    /// Ends the connection by way of another one that is given, if the server lets anybody in;
    /// whether it is gone.
    fn end_by(
        server_side: &Self::ServerSide,
        other: Option<Self>,
    ) -> impl Future<Output = QueryResult<bool>> + Send;
}

/// Ends the connection by way of another one.
pub(super) async fn end_by_another<C: Remote>(
    server_side: &C::ServerSide,
    connect: &Connect<C>,
) -> Result<(), String> {
    match connect().await {
        Ok(other) => match C::end_by(server_side, Some(other)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it was told to end and is still there".to_owned()),
            Err(error) => Err(text(&error)),
        },
        Err(error) => {
            let _ = C::end_by(server_side, None).await;
            Err(redact(&error.to_string()).into_owned())
        }
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
