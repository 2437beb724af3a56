//! PostgreSQL.

mod seal;

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};

pub(crate) use seal::{FACTS, Facts, FactsSql};

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

/// How long a sandbox waits for somebody else's lock: production comes first, also in a deadlock.
const LOCK_TIMEOUT_MS: u32 = 100;

/// The length of an application name, in bytes; the server cuts longer ones.
const NAME_LENGTH: usize = 63;

pub(crate) struct PostgresDialect;

impl PostgresDialect {
    /// Ends the one that fulfils the condition, from another connection.
    pub(crate) fn terminate(who: &str) -> String {
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {who}")
    }

    /// Counts those that fulfil the condition.
    pub(crate) fn count(who: &str) -> String {
        format!("SELECT count(*) FROM pg_stat_activity WHERE {who}")
    }

    /// Fails in any other transaction, and outside of one; in the sandbox's own only where an SQL
    /// error has aborted it. Unlike the guard it leaves the savepoints alone.
    pub(crate) fn still_inside(terms: &Terms) -> String {
        let Terms { guard, .. } = terms;
        // The one part of an error that no server translates is the value that it complains of.
        format!(
            "SELECT (CASE WHEN current_setting('smoke.guard', true) = '{guard}' THEN '0' ELSE '{}' END)::integer",
            ended(terms)
        )
    }

    /// Whether that error says that the transaction is another one.
    pub(crate) fn has_ended(terms: &Terms, error: &Error) -> bool {
        matches!(error, Error::DatabaseError(_, said) if said.message().contains(&ended(terms)))
    }
}

fn ended(terms: &Terms) -> String {
    format!("{}_has_ended", terms.guard)
}

impl Dialect for PostgresDialect {
    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = Duration::from_secs(2);

    /// Everything is local to the transaction: behind a transaction pooler the next client of the
    /// server's connection would inherit the rest.
    fn begin(terms: &Terms, sealed: bool) -> String {
        let limit = terms.limit.as_millis().clamp(1, i32::MAX as u128);
        let name: String = format!("smoke {}", terms.test)
            .chars()
            .filter(|c| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '\'' | '\\'))
            .take(NAME_LENGTH)
            .collect();
        let guard = &terms.guard;
        let begin = if sealed {
            seal::begin(guard)
        } else {
            "BEGIN".to_owned()
        };
        format!(
            "{begin}; \
             SET LOCAL statement_timeout = {limit}; \
             SET LOCAL idle_in_transaction_session_timeout = {limit}; \
             SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; \
             SET LOCAL application_name = '{name}'; \
             SET LOCAL smoke.guard = '{guard}'; \
             SAVEPOINT {guard}"
        )
    }

    /// The second way is for a transaction that an SQL error has aborted. The third is for one
    /// whose deferred constraints do not hold.
    fn end(savepoints: &Savepoints, sealed: bool) -> Vec<Attempt<Ending>> {
        let mut check = "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK".to_owned();
        if sealed {
            check = format!("{}; {check}", seal::lift(&savepoints.guard()));
        }
        let back = savepoints.back_to_guard();
        vec![
            Attempt {
                sql: format!("{}; {check}", savepoints.prove()),
                means: Ending::RolledBack,
            },
            Attempt {
                sql: format!("{back}; {check}"),
                means: Ending::RolledBack,
            },
            Attempt {
                sql: format!("{back}; ROLLBACK"),
                means: Ending::Refused,
            },
        ]
    }

    /// diesel keeps the codes to itself, so that this sees it on servers that speak English.
    fn is_busy(error: &Error) -> bool {
        match error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
            Error::DatabaseError(_, said) => ["due to lock timeout", "deadlock detected"]
                .iter()
                .any(|busy| said.message().contains(busy)),
            _ => false,
        }
    }

    fn is_lost(error: &Error) -> bool {
        matches!(
            error,
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _
            )
        )
    }
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
        };
        let sql = PostgresDialect::begin(&terms, false);
        assert!(
            sql.contains("application_name = 'smoke a; DROP TABLE t; --';"),
            "{sql}"
        );
        assert!(sql.contains("statement_timeout = 1;"), "{sql}");
    }
}
