//! What is said to SQLite, whatever the library.

pub mod address;

use std::time::Duration;

use super::Fault;
use super::savepoints::{Attempt, Ending, Savepoints};
use super::terms::Terms;

/// How long a sandbox may hold its transaction unless the application says otherwise: nobody else
/// writes while it is open.
pub const LIMIT: Duration = Duration::from_secs(1);

/// How many sandboxes SQLite bears at the same time: it has one writer.
pub const CAPACITY: usize = 1;

/// How long to wait for somebody else's lock: production comes first.
pub const BUSY_TIMEOUT_MS: i32 = 100;

/// How long the next sandbox has to wait after one that had the writer's lock for that long.
///
/// Whoever waits for the lock looks whether it is free again after 1, 2, 5, 10, ... and at last 100
/// milliseconds (`busy_timeout`), and is never told. Sandboxes that follow at once on each other
/// would have it whenever it looks.
#[must_use]
pub fn pause(held: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_millis(100);
    const SLACK: Duration = Duration::from_millis(10);
    // No sleep of theirs is longer than twice what they have waited so far, and a millisecond.
    (held * 2).min(LONGEST) + SLACK
}

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
/// Where nothing is written, production's writers do not wait. Else a deferred transaction takes the write lock at its first write, where it may find the database
/// changed since its first read and fail for good (`BUSY_SNAPSHOT`).
#[must_use]
pub fn begin(terms: &Terms) -> String {
    let begin = if terms.writes {
        "BEGIN IMMEDIATE"
    } else {
        "PRAGMA query_only = ON; BEGIN"
    };
    format!("{begin}; SAVEPOINT {}", terms.guard)
}

/// The ways to end the transaction.
#[must_use]
pub fn end(savepoints: &Savepoints) -> Vec<Attempt<Ending>> {
    vec![Attempt {
        sql: format!("{}; ROLLBACK", savepoints.prove()),
        means: Ending::RolledBack,
    }]
}

/// What a result code, extended or not, means.
#[must_use]
pub fn read(code: i32) -> Fault {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READONLY: i32 = 8;
    const CANTOPEN: i32 = 14;
    const SCHEMA: i32 = 17;
    match code & 0xff {
        BUSY | LOCKED => Fault::Busy,
        READONLY => Fault::ReadOnly,
        CANTOPEN => Fault::Lost,
        SCHEMA => Fault::SchemaChanged,
        _ => Fault::Other,
    }
}

/// The same of an error that has both.
#[must_use]
pub fn read_error(code: i32, said: &str) -> Fault {
    match read(code) {
        Fault::Other => read_message(said),
        fault => fault,
    }
}

/// The same, where the message has to do because a library keeps the code to itself. SQLite's come
/// in English only.
#[must_use]
pub fn read_message(said: &str) -> Fault {
    const FAULTS: &[(Fault, &str)] = &[
        (Fault::Ended, "no such savepoint"),
        (Fault::Busy, "database is locked"),
        (Fault::Busy, "database table is locked"),
        (Fault::Busy, "database schema is locked"),
        (Fault::ReadOnly, "attempt to write a readonly database"),
        (Fault::Lost, "unable to open database file"),
        (Fault::SchemaChanged, "database schema has changed"),
    ];
    let found = FAULTS.iter().find(|(_, text)| said.contains(text));
    found.map_or(Fault::Other, |(fault, _)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of `sqliteDefaultBusyCallback`, in milliseconds.
    const SLEEPS: [u64; 13] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100, 100];

    #[test]
    fn whoever_waits_for_the_lock_looks_once_in_a_pause() {
        let mut waited = 0;
        for sleep in SLEEPS {
            let (waits, sleeps) = (Duration::from_millis(waited), Duration::from_millis(sleep));
            assert!(pause(waits) > sleeps, "after {waits:?}");
            waited += sleep;
        }
    }
}
