//! What differs from database to database.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::Result;
use smoke_rollback::Fault;
use smoke_rollback::dialect::Dialect;
use sqlx::error::DatabaseError;
use sqlx::{Connection, Error};

use crate::each_statement::Relay;

/// What the connections of a database are made with.
pub(crate) type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// A database that can be sandboxed.
pub(crate) trait Database: sqlx::Database {
    type Dialect: Dialect;

    /// The application's options, with what a sandbox needs besides.
    fn for_sandbox(options: Options<Self>) -> Options<Self> {
        options
    }

    /// The same by way of a relay that gives each statement a savepoint, where an SQL error would
    /// abort the transaction; and what goes with it for as long as anybody may connect.
    fn by_way_of_relay(
        options: &Options<Self>,
    ) -> BoxFuture<'_, Result<(Options<Self>, Option<Relay>)>> {
        async { Ok((options.clone(), None)) }.boxed()
    }

    /// How the database is called in them, where that says more of an error.
    fn url(_options: &Options<Self>) -> Option<String> {
        None
    }

    /// Options that connect nowhere, and say so without asking anybody.
    fn nowhere() -> Options<Self>;

    /// Options of a connection that costs little and that a pool may make in the place of one that is
    /// moved there; none where there is no such connection.
    fn placeholder() -> Option<Options<Self>> {
        None
    }

    /// Whether there is one.
    const MOVES: bool = false;

    /// Runs statements as they are.
    fn run<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>>;

    /// Asks for the first column of each row.
    fn texts<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<Vec<Option<String>>, Error>>;

    /// What an error of the database means.
    fn read(error: &dyn DatabaseError) -> Fault;

    /// What went wrong in the last statement, where the server has to be asked; it is forgotten then.
    fn last_error(_: &mut Self::Connection) -> BoxFuture<'_, Option<(Fault, String)>> {
        async { None }.boxed()
    }

    /// Takes away the statements that were prepared on the server.
    fn forget_statements(_: &mut Self::Connection) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }

    /// What has to be kept while a connection of SQLite is made, so that it can be held.
    #[cfg(feature = "sqlite")]
    fn watch() -> Result<Option<smoke_sqlite::Watching>> {
        Ok(None)
    }

    /// Gets hold of a connection of SQLite, or says why it cannot be held.
    #[cfg(feature = "sqlite")]
    fn adopt(
        _: &mut Self::Connection,
    ) -> BoxFuture<'_, Option<Result<smoke_sqlite::Handle, String>>> {
        async { None }.boxed()
    }
}

/// Runs statements and asks, in the same way for each database.
macro_rules! run_and_ask {
    () => {
        fn run<'c>(
            connection: &'c mut Self::Connection,
            sql: &'c str,
        ) -> BoxFuture<'c, Result<(), Error>> {
            async move {
                connection.execute(raw_sql(trusted(sql))).await?;
                Ok(())
            }
            .boxed()
        }

        /// Not prepared: behind a transaction pooler the statement would stay on the server.
        fn texts<'c>(
            connection: &'c mut Self::Connection,
            sql: &'c str,
        ) -> BoxFuture<'c, Result<Vec<Option<String>>, Error>> {
            async move {
                let rows = connection.fetch_all(raw_sql(trusted(sql))).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            }
            .boxed()
        }
    };
}

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use run_and_ask;

/// What an error of sqlx means.
pub(crate) fn fault_of<DB: Database>(error: &Error) -> Fault {
    match error {
        Error::Database(error) => DB::read(&**error),
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::WorkerCrashed
        | Error::PoolClosed => Fault::Lost,
        _ => Fault::Other,
    }
}
