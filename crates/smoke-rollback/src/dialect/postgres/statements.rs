//! What is said to PostgreSQL.
//!
//! What differs from sandbox to sandbox stands where the server's statistics of statements see a
//! constant: in a SELECT. So they keep a few texts, however many sandboxes there were.

use super::seal;
use super::shared;
use crate::savepoints::{Attempt, Ending, Savepoints};
use crate::terms::Terms;

/// How long a sandbox waits for somebody else's lock: production comes first, also in a deadlock.
const LOCK_TIMEOUT_MS: u32 = 100;

/// The length of an application name, in bytes; the server cuts longer ones.
const NAME_LENGTH: usize = 63;

/// Resets the role to the login role, which sees its own processes.
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
    format!("SELECT count(*)::text FROM pg_stat_activity WHERE {who}")
}

/// Goes before the question for [`FACTS`](super::FACTS), in a transaction that ends after it: behind a
/// transaction pooler the statements of a query would else go to several processes.
///
/// The limits hold from here on, for whoever is cut off from the server before the batch.
pub(super) fn before_facts(terms: &Terms) -> String {
    format!("BEGIN; {}", limits(terms))
}

/// Sets the limits on the server, for the transaction that has begun.
fn limits(terms: &Terms) -> String {
    format!("SELECT {}", set_limits(terms))
}

fn set_limits(terms: &Terms) -> String {
    let limit = terms.limit.as_millis().clamp(1, i32::MAX as u128);
    format!(
        "set_config('statement_timeout', '{limit}', true), \
         set_config('idle_in_transaction_session_timeout', '{limit}', true), \
         set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true), \
         set_config('tcp_user_timeout', '{limit}', true)"
    )
}

/// What an error of [`still_inside`] says, which no server translates: the value that it complains of.
pub(super) const MARK_IS_GONE: &str = "smoke_settings_are_gone";

/// Fails in any other transaction, and outside of one; in the sandbox's own only where an SQL
/// error has aborted it, or its settings were reset. Unlike the guard it leaves the savepoints alone.
pub(super) fn still_inside(terms: &Terms) -> String {
    format!(
        "SELECT (CASE WHEN current_setting('smoke.mark', true) = '{}' THEN '0' ELSE '{MARK_IS_GONE}' END)::integer",
        terms.mark
    )
}

/// What is to begin, and on which connection.
pub(super) struct Beginning<'t> {
    pub(super) terms: &'t Terms,
    /// Whether the server lets it write.
    pub(super) may_write: bool,
    pub(super) own_process: bool,
    /// Whether it is the connection's first.
    pub(super) is_first: bool,
}

impl Beginning<'_> {
    /// Begins the transaction, seals it, sets the limits on the server and the guard, in one batch.
    ///
    /// On a process that may be another client's next everything is local to the transaction.
    ///
    /// While the server sends an answer that nobody reads, none of its own clocks ends the statement:
    /// that is left to the one of TCP.
    pub(super) fn batch(&self, savepoints: &Savepoints) -> String {
        let terms = self.terms;
        let mark = &terms.mark;
        let mut batch = Vec::new();
        if self.is_first {
            // That of the question for the facts.
            batch.push("ROLLBACK".to_owned());
            if self.own_process && (self.may_write || !terms.writes) {
                batch.push(seal::READ_ONLY.to_owned());
            }
        }
        let begin = match (terms.writes, self.may_write) {
            (false, _) => "BEGIN READ ONLY",
            (true, false) => "BEGIN",
            (true, true) => "BEGIN READ WRITE",
        };
        batch.push(begin.to_owned());
        let name: String = format!("smoke {}", terms.test)
            .chars()
            .filter(|c| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '\'' | '\\'))
            .take(NAME_LENGTH)
            .collect();
        batch.push(format!(
            "{}, set_config('application_name', '{name}', true), set_config('smoke.mark', '{mark}', true)",
            limits(terms)
        ));
        if self.may_write {
            batch.push(seal::SET.to_owned());
        }
        if !self.own_process {
            batch.push(shared::mark(mark));
        }
        if !self.is_first {
            // What a transaction before it may have left in the session.
            batch.push("DISCARD SEQUENCES".to_owned());
        }
        batch.push(savepoints.set());
        batch.join("; ")
    }
}

/// The ways to end the transaction, best first.
///
/// Those after the first are for a transaction that an SQL error has aborted. The last is for one
/// whose deferred constraints do not hold.
pub(super) fn end(
    terms: &Terms,
    savepoints: &Savepoints,
    own_process: bool,
) -> Vec<Attempt<Ending>> {
    // Those of the session stay on the connection, and would keep production waiting.
    let unlock = if own_process {
        "SELECT pg_advisory_unlock_all(); "
    } else {
        ""
    };
    let mark = still_inside(terms);
    let check = format!("{mark}; SET CONSTRAINTS ALL IMMEDIATE; {unlock}ROLLBACK");
    let (prove, back) = (savepoints.prove(), Savepoints::back_to_guard());
    let undo = savepoints.undo_checkout();
    let attempts = [
        Some((format!("{prove}; {check}"), Ending::RolledBack)),
        undo.map(|undo| (format!("{undo}; {prove}; {check}"), Ending::RolledBack)),
        Some((format!("{back}; {check}"), Ending::RolledBack)),
        Some((format!("{back}; {mark}; {unlock}ROLLBACK"), Ending::Refused)),
    ];
    let attempts = attempts.into_iter().flatten();
    attempts
        .map(|(sql, means)| Attempt { sql, means })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn batch(terms: &Terms, is_first: bool) -> String {
        let beginning = Beginning {
            terms,
            may_write: true,
            own_process: true,
            is_first,
        };
        beginning.batch(&Savepoints::new())
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let terms = Terms::new("a'; DROP TABLE t; --\\'é", Duration::from_micros(3));
        let sql = batch(&terms, true);
        let name = "set_config('application_name', 'smoke a; DROP TABLE t; --', true)";
        assert!(sql.contains(name), "{sql}");
        assert!(
            sql.contains("set_config('statement_timeout', '1', true)"),
            "{sql}"
        );
        // Nothing is asked in a transaction without them.
        assert_eq!(before_facts(&terms), format!("BEGIN; {}", limits(&terms)));
        assert!(sql.contains(&limits(&terms)), "{sql}");
    }

    #[test]
    fn what_differs_from_sandbox_to_sandbox_is_a_constant_of_a_select() {
        let texts = |test: &str| {
            let terms = Terms::new(test, Duration::from_secs(1));
            let ends = end(&terms, &Savepoints::new(), true);
            let ends = ends.into_iter().map(|attempt| attempt.sql);
            let all: Vec<_> = [batch(&terms, true), batch(&terms, false)]
                .into_iter()
                .chain(ends)
                .collect();
            let all = all.join("; ");
            let is_select = |text: &&str| text.trim_start().starts_with("SELECT");
            let (_, utility): (Vec<_>, Vec<_>) = all.split(';').partition(is_select);
            utility.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(texts("a"), texts("b"));
    }
}
