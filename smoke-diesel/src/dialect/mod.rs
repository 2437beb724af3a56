//! What differs from database to database, whatever the pool.

mod mysql;
#[cfg(any(feature = "postgres", feature = "postgres-r2d2"))]
mod postgres;
mod sqlite;

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};

pub(crate) use mysql::MysqlDialect;
#[cfg(any(feature = "postgres", feature = "postgres-r2d2"))]
pub(crate) use postgres::{FactsRow, FactsSql, PostgresDialect, facts};
use smoke_core::rollback::Fault;
pub(crate) use smoke_core::rollback::Terms;
pub(crate) use sqlite::SqliteDialect;

use crate::savepoints::{Attempt, Ending, Savepoints};

/// The statements of one database, and how to read its errors.
pub(crate) trait Dialect: Send + Sync + 'static {
    /// The database's name.
    const NAME: &'static str;

    /// How long a sandbox may hold its transaction unless the application says otherwise.
    const LIMIT: Duration;

    /// Whether sandboxes may write unless the application says otherwise.
    const WRITES: bool = true;

    /// How many sandboxes it bears at the same time.
    const CAPACITY: usize = usize::MAX;

    /// Whether it commits on its own before some statements, and ends the transaction at a deadlock.
    const ENDS_ON_ITS_OWN: bool = false;

    /// How long the next sandbox has to wait after one that was held for that long and may write.
    fn pause(_held: Duration) -> Duration {
        Duration::ZERO
    }

    /// Begins the transaction, seals it, sets the limits on the server and the guard, in one batch.
    fn begin(terms: &Terms, sealed: bool) -> String;

    /// The ways to end the transaction, best first.
    fn end(savepoints: &Savepoints, sealed: bool) -> Vec<Attempt<Ending>>;

    /// Whether sandboxes may connect with a manager of the application's, which opens as it likes.
    ///
    /// # Errors
    ///
    /// Where it may not.
    fn admit_manager() -> smoke_core::Result {
        Ok(())
    }

    /// What was said when the database with this URL could not be opened, with what is known of
    /// that besides.
    fn explained(said: &str, _url: &str) -> String {
        said.to_owned()
    }

    /// What a message of the database means; diesel keeps most codes to itself.
    fn read_message(said: &str) -> Fault;

    /// What an error means.
    fn read(error: &Error) -> Fault {
        use DatabaseErrorKind::{
            ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand,
        };
        match error {
            Error::DatabaseError(UnableToSendCommand | ClosedConnection, _) => Fault::Lost,
            Error::DatabaseError(SerializationFailure, said) => {
                // MySQL's deadlocks come as this kind, too.
                match Self::read_message(said.message()) {
                    Fault::Deadlock => Fault::Deadlock,
                    _ => Fault::Busy,
                }
            }
            Error::DatabaseError(ReadOnlyTransaction, _) => Fault::ReadOnly,
            Error::DatabaseError(_, said) => Self::read_message(said.message()),
            _ => Fault::Other,
        }
    }

    /// Whether the connection is gone.
    fn is_lost(error: &Error) -> bool {
        Self::read(error) == Fault::Lost
    }
}
