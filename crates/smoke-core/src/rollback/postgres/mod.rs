//! What is said to PostgreSQL, whatever the library.

pub mod each_statement;
mod ear;
mod mark;
mod role;
mod seal;
mod shared;
mod socket;

use std::time::Duration;

pub use ear::{Ear, HeardError};
pub use seal::{FACTS, Facts, REFUSED};
pub use shared::{Fate, NUMBER, who_is_inside};

use crate::rollback::Fault;
use crate::rollback::savepoints::{Attempt, Ending, Savepoints};
use crate::rollback::terms::Terms;

/// How long a sandbox may hold its transaction unless the application says otherwise.
pub const LIMIT: Duration = Duration::from_secs(2);

/// How long a sandbox waits for somebody else's lock: production comes first, also in a deadlock.
const LOCK_TIMEOUT_MS: u32 = 100;

/// The length of an application name, in bytes; the server cuts longer ones.
const NAME_LENGTH: usize = 63;

/// Asks for [`FACTS`] between this and the batch of [`begin`], which begins anew: behind a
/// transaction pooler the statements of a query would else go to several processes.
///
/// The limits hold from here on, for whoever is cut off from the server before the batch.
#[must_use]
pub fn before_facts(terms: &Terms) -> String {
    format!("BEGIN; {}", limits(terms))
}

/// Sets the limits on the server, for the transaction that has begun.
#[must_use]
pub fn limits(terms: &Terms) -> String {
    let limit = terms.limit.as_millis().clamp(1, i32::MAX as u128);
    format!(
        "SET LOCAL statement_timeout = {limit}; \
         SET LOCAL idle_in_transaction_session_timeout = {limit}; \
         SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; \
         SET LOCAL tcp_user_timeout = {limit}"
    )
}

/// Has the transaction be the login's, which sees its own processes, whatever role that takes on.
pub const AS_LOGIN: &str = "SET LOCAL ROLE NONE";

/// Ends the one that fulfils the condition, from another connection.
#[must_use]
pub fn terminate(who: &str) -> String {
    format!(
        "BEGIN; {AS_LOGIN}; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {who}; COMMIT"
    )
}

/// Counts those that fulfil the condition; for a transaction that is [`AS_LOGIN`].
#[must_use]
pub fn count(who: &str) -> String {
    format!("SELECT count(*) FROM pg_stat_activity WHERE {who}")
}

/// Fails in any other transaction, and outside of one; in the sandbox's own only where an SQL
/// error has aborted it. Unlike the guard it leaves the savepoints alone.
#[must_use]
pub fn still_inside(terms: &Terms) -> String {
    let mark = mark::of(&terms.guard);
    // The one part of an error that no server translates is the value that it complains of.
    format!(
        "SELECT (CASE WHEN current_setting('smoke.mark', true) = '{mark}' THEN '0' ELSE '{}' END)::integer",
        ended(terms)
    )
}

/// Whether the message of that error says that the transaction is another one.
#[must_use]
pub fn has_ended(terms: &Terms, message: &str) -> bool {
    message.contains(&ended(terms))
}

fn ended(terms: &Terms) -> String {
    format!("{}_has_ended", mark::of(&terms.guard))
}

/// What goes before the batch of [`begin`]: where sandboxes only read, on a process of their own,
/// nothing can be written after the end of the transaction either.
#[must_use]
pub fn before_begin(terms: &Terms, own_process: bool) -> String {
    if own_process && !terms.writes {
        format!("{}; ", seal::READ_ONLY)
    } else {
        String::new()
    }
}

/// Begins the transaction, seals it, sets the limits on the server and the guard, in one batch.
///
/// Everything is local to the transaction: behind a transaction pooler the next client of the
/// server's connection would inherit the rest.
///
/// While the server sends an answer that nobody reads, none of its own clocks ends the statement:
/// that is left to the one of TCP.
#[must_use]
pub fn begin(terms: &Terms, sealed: bool) -> String {
    let name: String = format!("smoke {}", terms.test)
        .chars()
        .filter(|c| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '\'' | '\\'))
        .take(NAME_LENGTH)
        .collect();
    let guard = &terms.guard;
    let mark = mark::of(guard);
    let begin = if sealed {
        seal::begin(&mark)
    } else {
        let access = if terms.writes { "" } else { " READ ONLY" };
        format!("BEGIN{access}; {}", shared::mark(guard))
    };
    let limits = limits(terms);
    format!(
        "{begin}; {limits}; \
         SET LOCAL application_name = '{name}'; \
         SET LOCAL smoke.mark = '{mark}'; \
         SAVEPOINT {guard}"
    )
}

/// The ways to end the transaction, best first.
///
/// Those after the first are for a transaction that an SQL error has aborted. The last is for one
/// whose deferred constraints do not hold.
#[must_use]
pub fn end(savepoints: &Savepoints, sealed: bool) -> Vec<Attempt<Ending>> {
    let mut check = "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK".to_owned();
    if sealed {
        check = format!("{}; {check}", seal::lift(&mark::of(&savepoints.guard())));
    }
    let (prove, back) = (savepoints.prove(), savepoints.back_to_guard());
    let undo = savepoints.undo_checkout();
    let attempts = [
        Some((format!("{prove}; {check}"), Ending::RolledBack)),
        undo.map(|undo| (format!("{undo}; {prove}; {check}"), Ending::RolledBack)),
        Some((format!("{back}; {check}"), Ending::RolledBack)),
        Some((format!("{back}; ROLLBACK"), Ending::Refused)),
    ];
    let attempts = attempts.into_iter().flatten();
    attempts
        .map(|(sql, means)| Attempt { sql, means })
        .collect()
}

/// What an SQLSTATE means.
#[must_use]
pub fn read(state: &str) -> Fault {
    match state {
        // "no active SQL transaction" and "invalid savepoint specification".
        "25P01" | "3B001" => Fault::Ended,
        "55P03" | "40P01" | "40001" => Fault::Busy,
        "53300" => Fault::Full,
        "28000" | "28P01" | "3D000" => Fault::Denied,
        "25006" => Fault::ReadOnly,
        "25P02" => Fault::Aborted,
        // The last two are the server's limits.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Fault::Lost,
        // "connection exception".
        _ if state.starts_with("08") => Fault::Lost,
        _ => Fault::Other,
    }
}

/// The same, with the message for what the SQLSTATE does not tell.
#[must_use]
pub fn read_error(state: &str, said: &str) -> Fault {
    match (read(state), read_message(said)) {
        // 0A000 means much else besides.
        (Fault::Other, Fault::SchemaChanged) => Fault::SchemaChanged,
        (fault, _) => fault,
    }
}

/// The same, where the message has to do because a driver keeps the SQLSTATE to itself: on servers
/// that speak English.
#[must_use]
pub fn read_message(said: &str) -> Fault {
    /// What PostgreSQL says of a prepared statement, as 0A000, which means much else besides.
    const PLAN: &str = "cached plan must not change result type";
    const FAULTS: &[(Fault, &[&str])] = &[
        (Fault::SchemaChanged, &[PLAN]),
        (
            Fault::Busy,
            &[
                "due to lock timeout",
                "deadlock detected",
                "could not serialize access",
            ],
        ),
        (
            Fault::Full,
            &[
                "too many clients already",
                "too many connections for",
                "remaining connection slots are reserved",
            ],
        ),
        (
            Fault::Denied,
            &[
                "password authentication failed",
                "no pg_hba.conf entry",
                "is not permitted to log in",
                "authentication failed for",
                "role \"",
                "database \"",
            ],
        ),
        (Fault::ReadOnly, &["in a read-only transaction"]),
        (Fault::Aborted, &["current transaction is aborted"]),
    ];
    let found = FAULTS
        .iter()
        .find(|(_, texts)| texts.iter().any(|text| said.contains(text)));
    found.map_or(Fault::Other, |(fault, _)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let terms = Terms {
            guard: "g".to_owned(),
            test: "a'; DROP TABLE t; --\\'é".into(),
            limit: Duration::from_micros(3),
            writes: true,
            application_user: None,
        };
        let sql = begin(&terms, false);
        assert!(
            sql.contains("application_name = 'smoke a; DROP TABLE t; --';"),
            "{sql}"
        );
        assert!(sql.contains("statement_timeout = 1;"), "{sql}");
        // Nothing is asked in a transaction without them.
        assert_eq!(before_facts(&terms), format!("BEGIN; {}", limits(&terms)));
        assert!(sql.contains(&limits(&terms)), "{sql}");
    }
}
