//! What differs from database to database.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::Terms;
use smoke_core::rollback::postgres::each_statement::Relay;
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use smoke_core::{Result, RollbackVerdict};
use sqlx::error::DatabaseError;
use sqlx::{Connection, Error};

pub(crate) use smoke_core::rollback::Fault;

/// What the connections of a database are made with.
pub(crate) type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// A database that can be sandboxed.
pub(crate) trait Database: sqlx::Database {
    /// A connection, held from outside of whoever uses it.
    type Outside: Send + Sync + 'static;

    /// The database's name.
    const NAME: &'static str;

    /// How long a sandbox may hold its transaction unless the application says otherwise.
    const LIMIT: Duration;

    /// How many sandboxes it bears at the same time.
    const CAPACITY: usize;

    /// Whether sandboxes may write unless the application says otherwise.
    const WRITES: bool = true;

    /// Whether it commits on its own before some statements, and cannot be asked what became of a
    /// transaction.
    const ENDS_ON_ITS_OWN: bool = false;

    /// Whether no commit of the connection is ever carried out.
    const SEALED: bool;

    /// How long the next sandbox has to wait after one that was held for that long and may write.
    fn pause(_held: Duration) -> Duration {
        Duration::ZERO
    }

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

    /// What was said when that database could not be opened, with what is known of that besides.
    fn explained(said: String, _options: &Options<Self>) -> String {
        said
    }

    /// Options that connect nowhere, and say so without asking anybody.
    fn nowhere() -> Options<Self>;

    /// Runs statements as they are.
    fn run(connection: &mut Self::Connection, sql: String) -> BoxFuture<'_, Result<(), Error>>;

    /// Gets hold of a connection that has just been made.
    fn seize(connection: &mut Self::Connection) -> BoxFuture<'_, Result<Self::Outside>>;

    /// Makes a connection that is set up as the application's ready for the transaction.
    fn make_ready<'c>(
        _connection: &'c mut Self::Connection,
        _outside: &'c Self::Outside,
    ) -> BoxFuture<'c, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }

    /// Begins the transaction, sets the limits on the server and the guard, in one batch.
    fn begin(terms: &Terms, outside: &Self::Outside) -> String;

    /// Asks, within the transaction, for what [`settle`](Self::settle) has to know.
    fn begun<'c>(
        _: &'c mut Self::Connection,
        _: &'c Self::Outside,
    ) -> BoxFuture<'c, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }

    /// Takes away what would stay on the server after the rollback, for its next client.
    fn tidy<'c>(_: &'c mut Self::Connection, _: &'c Self::Outside) -> BoxFuture<'c, ()> {
        async {}.boxed()
    }

    /// The ways to end the transaction, best first.
    fn end(savepoints: &Savepoints, outside: &Self::Outside) -> Vec<Attempt<Ending>>;

    /// What an error of the database means.
    fn read(error: &dyn DatabaseError) -> Fault;

    /// The same, where nothing but the message is left of it.
    fn read_message(said: &str) -> Fault;

    /// What went wrong in the last statement, where the database can be asked.
    fn last_error<'c>(
        _: &'c mut Self::Connection,
        _: &'c Self::Outside,
    ) -> BoxFuture<'c, Option<(Fault, String)>> {
        async { None }.boxed()
    }

    /// Why a COMMIT would be refused, where that is known before the rollback.
    fn refusal<'c>(
        _connection: &'c mut Self::Connection,
        _outside: &'c Self::Outside,
    ) -> BoxFuture<'c, Option<String>> {
        async { None }.boxed()
    }

    /// Looks for what was not rolled back, right after the rollback.
    fn look_back(
        _connection: &mut Self::Connection,
    ) -> BoxFuture<'_, Result<RollbackVerdict, Error>> {
        async { Ok(RollbackVerdict::RolledBack) }.boxed()
    }

    /// What is known of an escape beyond what the database says.
    fn remark(_outside: &Self::Outside) -> Option<String> {
        None
    }

    /// Ends the connection, whatever is done with it. Waits until `closing` has passed for one
    /// that is about to be closed anyway.
    fn end_from_outside<'o>(
        outside: &'o Self::Outside,
        options: &'o Options<Self>,
        closing: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>>;

    /// A verdict that leaves open what became of the transaction, once the database was asked by
    /// way of another connection.
    fn settle<'o>(
        _: &'o Self::Outside,
        _: &'o Options<Self>,
        verdict: RollbackVerdict,
    ) -> BoxFuture<'o, RollbackVerdict> {
        async { verdict }.boxed()
    }
}

/// How a connection was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was closed already.
    Before,
    /// It was ended.
    Now,
}

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
