//! What differs from database to database, whatever the pool.

mod mysql;
#[cfg(any(feature = "postgres", feature = "postgres-r2d2"))]
mod postgres;
mod sqlite;

use std::time::Duration;

use diesel::result::Error;

pub(crate) use mysql::MysqlDialect;
#[cfg(any(feature = "postgres", feature = "postgres-r2d2"))]
pub(crate) use postgres::{FactsRow, FactsSql, PostgresDialect, facts};
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

    /// Begins the transaction, seals it, sets the limits on the server and the guard, in one batch.
    fn begin(terms: &Terms, sealed: bool) -> String;

    /// The ways to end the transaction, best first.
    fn end(savepoints: &Savepoints, sealed: bool) -> Vec<Attempt<Ending>>;

    /// Whether the database was busy: a lock stood in the way.
    fn is_busy(error: &Error) -> bool;

    /// Whether the connection is gone.
    fn is_lost(error: &Error) -> bool;
}
