//! SQLite.

use std::time::Duration;

use smoke_core::Error;
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

    /// diesel has SQLite make a file that is missing, unless the URL says otherwise.
    fn admit_manager() -> smoke_core::Result {
        Err(Error::msg(
            "a manager of the application's has SQLite make a database file that is missing: \
             make the Rollback with sqlite(url) instead of with_manager(..)",
        ))
    }

    fn explained(said: &str, url: &str) -> String {
        sqlite::address::explained(said, url)
    }

    fn read_message(said: &str) -> Fault {
        sqlite::read_message(said)
    }
}
