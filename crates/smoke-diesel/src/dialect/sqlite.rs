//! SQLite.

use std::time::Duration;

use diesel::result::Error;
use smoke_core::rollback::sqlite;

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct SqliteDialect;

impl Dialect for SqliteDialect {
    const NAME: &'static str = "SQLite";

    const LIMIT: Duration = sqlite::LIMIT;

    const CAPACITY: usize = sqlite::CAPACITY;

    /// Instead of the transaction that diesel has begun.
    fn begin(terms: &Terms, _: bool) -> String {
        format!("ROLLBACK; {}", sqlite::begin(terms))
    }

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        sqlite::end(savepoints)
    }

    /// SQLite's messages come in English only.
    fn is_busy(error: &Error) -> bool {
        matches!(error, Error::DatabaseError(_, said) if said.message().contains("is locked"))
    }

    fn is_lost(_error: &Error) -> bool {
        false
    }
}
