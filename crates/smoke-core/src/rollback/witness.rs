//! What the errors said that the application and the test got from the database.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use super::gate::lock;
use super::{Fault, RollbackVerdict, fault};

/// Keeps what explains a failure, as far as the library shows the errors that it hands on.
///
/// It explains what has failed and never makes anything good. Where a library shows nothing, it
/// knows nothing.
#[derive(Debug, Default)]
pub struct Witness {
    seen: Mutex<Seen>,
    aside: AtomicBool,
    remedy: OnceLock<&'static str>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The first fault with a name.
    cause: Option<RollbackVerdict>,
    /// The last error without one.
    other: Option<String>,
    /// A statement that may have ended the transaction, or one that nobody can read.
    doubtful: bool,
    /// What the database said when it rolled the whole transaction back by itself.
    deadlock: Option<String>,
}

/// A [`Witness`] that looks aside.
#[derive(Debug)]
pub struct Aside<'w>(&'w Witness);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.aside.store(false, Ordering::SeqCst);
    }
}

impl Witness {
    /// Whether the sandbox may write: not where it was asked to be read-only, and else where that
    /// is accepted. Keeps what to do about it for whoever writes all the same.
    #[must_use]
    pub fn admits_writes(&self, read_only: bool, accepted: bool) -> bool {
        let remedy = match (read_only, accepted) {
            (true, _) => "a test that writes needs one of a backend without read_only()",
            (false, false) => "writing is asked for with accept_implicit_commits()",
            (false, true) => return true,
        };
        let _ = self.remedy.set(remedy);
        false
    }

    /// The verdict on an error of the database, if it explains a failure.
    #[must_use]
    pub fn name(&self, fault: Fault, said: String) -> Option<RollbackVerdict> {
        match (fault, self.remedy.get()) {
            (Fault::ReadOnly, Some(remedy)) => Some(RollbackVerdict::Limit {
                cause: format!("the sandbox is read-only ({said}); {remedy}"),
            }),
            _ => fault.in_use(said),
        }
    }

    /// Forgets what was seen before the sandbox was open.
    pub fn begin(&self) {
        *lock(&self.seen) = Seen::default();
    }

    /// Looks aside while the session itself uses the connection: until what is returned is dropped.
    #[must_use]
    pub fn look_aside(&self) -> Aside<'_> {
        self.aside.store(true, Ordering::SeqCst);
        Aside(self)
    }

    fn looks_aside(&self) -> bool {
        self.aside.load(Ordering::SeqCst)
    }

    /// An error was handed on.
    pub fn saw(&self, fault: Fault, said: String) {
        if self.looks_aside() {
            return;
        }
        let mut seen = lock(&self.seen);
        let verdict = match (fault, self.name(fault, said.clone())) {
            (Fault::Deadlock, verdict) => {
                // Only what was whole until then is known to have been rolled back.
                if !seen.doubtful && seen.deadlock.is_none() {
                    seen.deadlock = Some(said);
                }
                verdict
            }
            (Fault::Aborted, _) => Some(aborted(seen.other.as_deref().unwrap_or(&said))),
            (Fault::Other, _) => {
                seen.other = Some(said);
                None
            }
            (_, verdict) => verdict,
        };
        if let Some(verdict) = verdict {
            seen.cause.get_or_insert(verdict);
        }
    }

    /// A second connection was asked for in vain.
    pub fn saw_exhaustion(&self) {
        lock(&self.seen).cause.get_or_insert_with(fault::exhausted);
    }

    /// A statement was sent to a database that commits on its own before some of them.
    pub fn sent(&self, sql: &str) {
        if !self.looks_aside() && !leaves_the_transaction(sql) {
            lock(&self.seen).doubtful = true;
        }
    }

    /// What explains that the test did not pass.
    #[must_use]
    pub fn explain(&self) -> Option<RollbackVerdict> {
        lock(&self.seen).cause.clone()
    }

    /// The verdict, but contention where the transaction is known to have been ended by a
    /// deadlock, and by nothing before or after it.
    #[must_use]
    pub fn read(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        use RollbackVerdict::{ConnectionLost, Contended, Escaped};
        let seen = lock(&self.seen);
        match (&verdict, &seen.deadlock) {
            (Escaped { .. } | ConnectionLost { .. }, Some(said)) if !seen.doubtful => Contended {
                cause: said.clone(),
            },
            _ => verdict,
        }
    }
}

fn aborted(said: &str) -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: format!(
            "the application went on after an SQL error ({said}), which has aborted the sandbox's transaction; \
             put a statement that may fail into a transaction() of its own, which is a savepoint here"
        ),
    }
}

/// Whether a statement can neither commit nor begin a transaction. No more than one, since
/// whatever follows it would have to be read, too.
fn leaves_the_transaction(sql: &str) -> bool {
    const HARMLESS: [&str; 7] = [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "SAVEPOINT",
        "RELEASE",
    ];
    let sql = sql.trim().trim_end_matches(';');
    // A comment may hold what is carried out.
    if sql.contains(';') || sql.contains("/*") {
        return false;
    }
    let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("ROLLBACK") => words.next().as_deref() == Some("TO"),
        Some(first) => HARMLESS.contains(&first),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped() -> RollbackVerdict {
        RollbackVerdict::Escaped {
            how: "1305".to_owned(),
            at: None,
        }
    }

    fn is_contended(verdict: &RollbackVerdict) -> bool {
        matches!(verdict, RollbackVerdict::Contended { .. })
    }

    #[test]
    fn a_deadlock_explains_the_end_of_a_transaction_that_was_whole() {
        let witness = Witness::default();
        assert_eq!(witness.read(escaped()), escaped());
        witness.sent("INSERT INTO t VALUES (1)");
        witness.saw(Fault::Deadlock, "1213".to_owned());
        assert!(is_contended(&witness.read(escaped())));
        witness.sent("ROLLBACK TO SAVEPOINT diesel_savepoint_1");
        assert!(is_contended(&witness.read(escaped())));
    }

    #[test]
    fn a_deadlock_explains_nothing_beside_a_statement_that_may_commit() {
        for sql in [
            "COMMIT",
            "ROLLBACK",
            "CREATE TABLE u (x INTEGER)",
            "START TRANSACTION READ WRITE",
            "INSERT INTO t VALUES (1); COMMIT",
            "SELECT 1 /*! ; COMMIT */",
            "CALL commits()",
            "SET autocommit = 1",
        ] {
            let before = Witness::default();
            before.sent(sql);
            before.saw(Fault::Deadlock, "1213".to_owned());
            assert_eq!(before.read(escaped()), escaped(), "before: {sql}");
            let after = Witness::default();
            after.saw(Fault::Deadlock, "1213".to_owned());
            after.sent(sql);
            assert_eq!(after.read(escaped()), escaped(), "after: {sql}");
        }
    }

    #[test]
    fn the_error_before_an_aborted_transaction_is_named() {
        let witness = Witness::default();
        assert_eq!(witness.explain(), None);
        witness.saw(Fault::Other, "duplicate key".to_owned());
        assert_eq!(witness.explain(), None);
        witness.saw(Fault::Aborted, "25P02".to_owned());
        witness.saw_exhaustion();
        let said = witness.explain().unwrap().to_string();
        assert!(said.starts_with("limit of the sandbox: "), "{said}");
        assert!(said.contains("duplicate key"), "{said}");
    }

    #[test]
    fn a_write_in_a_read_only_sandbox_says_what_to_do() {
        for (read_only, remedy) in [(true, "read_only()"), (false, "accept_implicit_commits()")] {
            let witness = Witness::default();
            assert!(!witness.admits_writes(read_only, read_only));
            witness.saw(Fault::ReadOnly, "25006".to_owned());
            let said = witness.explain().unwrap().to_string();
            assert!(said.contains(remedy), "{said}");
        }
        let witness = Witness::default();
        assert!(witness.admits_writes(false, true));
        witness.saw(Fault::ReadOnly, "25006".to_owned());
        let cause = "25006".to_owned();
        assert_eq!(witness.explain(), Some(RollbackVerdict::ReadOnly { cause }));
    }

    #[test]
    fn what_the_session_does_is_not_seen() {
        let witness = Witness::default();
        let aside = witness.look_aside();
        witness.saw(Fault::Busy, "55P03".to_owned());
        witness.sent("COMMIT");
        drop(aside);
        witness.saw(Fault::Deadlock, "1213".to_owned());
        assert!(is_contended(&witness.read(escaped())));
        assert_eq!(
            witness.explain(),
            Some(RollbackVerdict::Contended {
                cause: "1213".to_owned()
            })
        );
    }
}
