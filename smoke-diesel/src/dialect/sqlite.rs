//! SQLite.

use std::time::Duration;

use smoke_core::rollback::{Fault, sqlite};

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct SqliteDialect;

impl Dialect for SqliteDialect {
    const NAME: &'static str = "SQLite";

    const LIMIT: Duration = sqlite::LIMIT;

    const CAPACITY: usize = sqlite::CAPACITY;

    fn pause(held: Duration) -> Duration {
        sqlite::pause(held)
    }

    /// Instead of the transaction that diesel has begun.
    fn begin(terms: &Terms, _: bool) -> String {
        format!("ROLLBACK; {}", sqlite::begin(terms))
    }

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        sqlite::end(savepoints)
    }

    fn read_message(said: &str) -> Fault {
        sqlite::read_message(said)
    }
}
