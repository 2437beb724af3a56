//! SQLite.

use std::time::Duration;

use diesel::result::Error;

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct SqliteDialect;

impl Dialect for SqliteDialect {
    const NAME: &'static str = "SQLite";

    /// Nobody else writes while a sandbox is open.
    const LIMIT: Duration = Duration::from_secs(1);

    /// It has one writer.
    const CAPACITY: usize = 1;

    /// The transaction that diesel has begun takes the write lock at its first write, where it
    /// may find the database changed since its first read and fail for good (`BUSY_SNAPSHOT`).
    fn begin(terms: &Terms, _: bool) -> String {
        format!("ROLLBACK; BEGIN IMMEDIATE; SAVEPOINT {}", terms.guard)
    }

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        vec![Attempt {
            sql: format!("{}; ROLLBACK", savepoints.prove()),
            means: Ending::RolledBack,
        }]
    }

    /// SQLite's messages come in English only.
    fn is_busy(error: &Error) -> bool {
        matches!(error, Error::DatabaseError(_, said) if said.message().contains("is locked"))
    }

    fn is_lost(_error: &Error) -> bool {
        false
    }
}
