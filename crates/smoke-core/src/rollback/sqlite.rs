//! What is said to SQLite, whatever the library.

use std::time::Duration;

use super::savepoints::{Attempt, Ending, Savepoints};
use super::terms::Terms;

/// How long a sandbox may hold its transaction unless the application says otherwise: nobody else
/// writes while it is open.
pub const LIMIT: Duration = Duration::from_secs(1);

/// How many sandboxes SQLite bears at the same time: it has one writer.
pub const CAPACITY: usize = 1;

/// How long to wait for somebody else's lock: production comes first.
pub const BUSY_TIMEOUT_MS: i32 = 100;

/// Asks how the connection keeps what it may have to roll back.
pub const JOURNAL: &str = "SELECT journal_mode FROM pragma_journal_mode";

/// Why a connection with that journal can have no sandbox.
#[must_use]
pub fn cannot_roll_back(journal: &str) -> Option<&'static str> {
    journal.eq_ignore_ascii_case("off").then_some(
        "the connection was set up with PRAGMA journal_mode = OFF, with which SQLite cannot roll back",
    )
}

/// Begins the transaction and sets the guard.
///
/// A deferred transaction takes the write lock at its first write, where it may find the database
/// changed since its first read and fail for good (`BUSY_SNAPSHOT`).
#[must_use]
pub fn begin(terms: &Terms) -> String {
    format!("BEGIN IMMEDIATE; SAVEPOINT {}", terms.guard)
}

/// The ways to end the transaction.
#[must_use]
pub fn end(savepoints: &Savepoints) -> Vec<Attempt<Ending>> {
    vec![Attempt {
        sql: format!("{}; ROLLBACK", savepoints.prove()),
        means: Ending::RolledBack,
    }]
}

/// Whether a result code, extended or not, says that the database was busy.
#[must_use]
pub fn is_busy(code: i32) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    matches!(code & 0xff, BUSY | LOCKED)
}
