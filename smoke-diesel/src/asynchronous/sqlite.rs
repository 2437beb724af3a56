//! SQLite connections, which diesel-async has on threads that may block.

use diesel::connection::AnsiTransactionManager;
use diesel::{ConnectionError, ConnectionResult, QueryResult, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use smoke_core::rollback::sqlite::begin;
use smoke_sqlite::Handle;

use super::Connect;
use super::connection::{Connection, keep};
use crate::dialect::{SqliteDialect, Terms};
use crate::gate::{Gate, Refusal};
use crate::sqlite;

impl Connection for SyncConnectionWrapper<SqliteConnection> {
    type Dialect = SqliteDialect;
    type ServerSide = Handle;

    /// What was given up waits for its thread.
    const ENDS_WHEN_DROPPED: bool = false;

    /// Any thread may be the one that opens it.
    async fn connect(connect: &Connect<Self>) -> ConnectionResult<Self> {
        let _watching = smoke_sqlite::watch_process()
            .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        connect().await
    }

    /// Before the set-up, so that nothing is made in it that is not there.
    async fn prepare(&mut self) -> QueryResult<()> {
        self.spawn_blocking(|connection| sqlite::hold(connection).map(drop))
            .await
    }

    async fn begin(&mut self, terms: &Terms, gate: &Gate) -> QueryResult<Handle> {
        let begin = begin(terms);
        let handle = self
            .spawn_blocking(move |connection| {
                let handle = sqlite::hold(connection)?;
                sqlite::seal(connection, &handle)?;
                AnsiTransactionManager::begin_transaction_sql(connection, &begin)?;
                Ok(handle)
            })
            .await?;
        keep(self);
        let asked = handle.clone();
        gate.witness().asks(move || sqlite::last_error(&asked));
        Ok(handle)
    }

    /// The seal refuses whatever is written outside of the transaction.
    async fn inside(&mut self, _: &Terms, _: &Gate) -> Result<(), Refusal> {
        Ok(())
    }

    fn refusal(handle: &Handle) -> Option<String> {
        sqlite::refusal(handle)
    }

    fn remark(handle: &Handle) -> Option<String> {
        sqlite::remark(handle)
    }

    async fn end(handle: &Handle, _: &Connect<Self>) -> Result<(), String> {
        let handle = handle.clone();
        let cutting = tokio::task::spawn_blocking(move || sqlite::cut(&handle));
        match cutting.await {
            Ok(cut) => cut.map_err(str::to_owned),
            Err(error) => Err(error.to_string()),
        }
    }
}
