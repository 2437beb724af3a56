//! What the errors said that the application and the test got from the database.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::lock::lock;
use crate::statement::{leaves_the_transaction, shortened};
use smoke_core::RollbackVerdict;
use smoke_core::rollback::LastError;

use crate::fault::{self, Fault};

/// Records the errors that the application saw, to explain why a test failed.
///
/// A witness never turns a bad verdict into a good one. Where a library does not show its errors, the
/// witness knows nothing.
#[derive(Debug, Default)]
pub struct Witness {
    seen: Mutex<Seen>,
    doubts_count: AtomicBool,
    listens: AtomicBool,
    gone: AtomicBool,
    aside: AtomicBool,
    heard: AtomicBool,
    overhears: AtomicBool,
    remedy: OnceLock<&'static str>,
    asks: OnceLock<Asks>,
}

/// Asks a connection what went wrong in its last statement.
struct Asks(Box<dyn Fn() -> Option<(Fault, String)> + Send + Sync>);

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asks")
    }
}

#[derive(Debug, Default)]
struct Seen {
    /// The first fault with a name.
    cause: Option<RollbackVerdict>,
    /// The last error without one.
    other: Option<String>,
    /// Why the transaction may have been ended: a statement that does that, or one that nobody
    /// can read.
    doubt: Option<String>,
    /// What the database said when it rolled the whole transaction back by itself.
    deadlock: Option<String>,
    /// The last error since that was asked for.
    last: Option<LastError>,
}

/// A [`Witness`] that looks aside.
#[derive(Debug)]
pub struct Aside<'w> {
    witness: &'w Witness,
    /// Whether the session sends something.
    sends: bool,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let Self { witness, sends } = self;
        witness.aside.store(false, Ordering::SeqCst);
        if *sends && witness.listens.load(Ordering::SeqCst) && !witness.heard.load(Ordering::SeqCst)
        {
            lock(&witness.seen).doubt.get_or_insert_with(|| {
                "the application has given the connection an instrumentation of its own, so that nobody hears what is sent"
                    .to_owned()
            });
        }
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

    /// Whether the sandbox may write.
    #[must_use]
    pub fn lets_write(&self) -> bool {
        self.remedy.get().is_none()
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

    /// The verdict on an error that the test returns, if it explains a failure.
    #[must_use]
    pub fn name_returned(&self, fault: Fault, said: String) -> Option<RollbackVerdict> {
        match fault {
            Fault::Aborted => {
                let seen = lock(&self.seen);
                Some(aborted(seen.other.as_deref().unwrap_or(&said)))
            }
            fault => self.name(fault, said),
        }
    }

    /// Counts a doubt as an escape where the connection is lost: for databases that commit on their
    /// own, and that nobody can ask what became of a transaction.
    pub fn doubts_count(&self) {
        self.doubts_count.store(true, Ordering::SeqCst);
    }

    /// Every statement will be told with [`sent`](Self::sent), those of the session, too: if these are
    /// missing, the instrumentation was replaced, and that is a doubt.
    pub fn listen(&self) {
        self.listens.store(true, Ordering::SeqCst);
    }

    /// Notes that [`saw`](Self::saw) is called for every error that the server sends, whatever the library
    /// shows of them.
    pub fn overhear(&self) {
        self.overhears.store(true, Ordering::SeqCst);
    }

    /// Whether [`saw`](Self::saw) is called for every error that the server sends.
    #[must_use]
    pub fn overhears(&self) -> bool {
        self.overhears.load(Ordering::SeqCst)
    }

    /// Forgets what was recorded before the sandbox was open.
    pub fn begin(&self) {
        *lock(&self.seen) = Seen::default();
    }

    /// Records nothing until the returned guard is dropped: the session itself uses the connection.
    #[must_use]
    pub fn look_aside(&self) -> Aside<'_> {
        self.turn_aside(false)
    }

    /// Records nothing while the session itself sends a statement. If a witness that
    /// [listens](Self::listen) does not hear of that statement, the instrumentation was replaced.
    #[must_use]
    pub fn look_aside_and_listen(&self) -> Aside<'_> {
        self.turn_aside(true)
    }

    fn turn_aside(&self, sends: bool) -> Aside<'_> {
        self.heard.store(false, Ordering::SeqCst);
        self.aside.store(true, Ordering::SeqCst);
        let witness = self;
        Aside { witness, sends }
    }

    fn looks_aside(&self) -> bool {
        self.aside.load(Ordering::SeqCst)
    }

    /// Records an error that the application got, with what it means and what it said.
    pub fn saw(&self, fault: Fault, said: String) {
        if self.looks_aside() {
            return;
        }
        let mut seen = lock(&self.seen);
        if fault == Fault::Aborted {
            // What has aborted it says more.
            seen.last.get_or_insert(LastError::Unseen);
        } else {
            seen.last = Some(LastError::Said(said.clone()));
        }
        let verdict = match (fault, self.name(fault, said.clone())) {
            (Fault::Deadlock, verdict) => {
                // Only what was whole until then is known to have been rolled back.
                if seen.doubt.is_none() && seen.deadlock.is_none() {
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

    /// Sets a function that asks the connection for the error of its last statement, for a library that
    /// does not show all errors.
    pub fn asks(&self, ask: impl Fn() -> Option<(Fault, String)> + Send + Sync + 'static) {
        let _ = self.asks.set(Asks(Box::new(ask)));
    }

    /// Asks the connection for the error of its last statement, before another one is sent.
    pub fn ask(&self) {
        if self.looks_aside() {
            return;
        }
        if let Some((fault, said)) = self.asks.get().and_then(|Asks(ask)| ask()) {
            self.saw(fault, said);
        }
    }

    /// Records that an unknown SQL error has aborted the transaction.
    pub fn saw_it_aborted(&self) {
        lock(&self.seen).last.get_or_insert(LastError::Unseen);
    }

    /// The last error since this was asked before.
    pub fn take_last_error(&self) -> Option<LastError> {
        lock(&self.seen).last.take()
    }

    /// Records that a second connection was asked for in vain.
    pub fn saw_exhaustion(&self) {
        lock(&self.seen).cause.get_or_insert_with(fault::exhausted);
    }

    /// Records a statement that is sent to a database which commits on its own before some statements.
    pub fn sent(&self, sql: &str) {
        self.heard.store(true, Ordering::SeqCst);
        if !self.is_gone() && !self.looks_aside() && !leaves_the_transaction(sql) {
            let mut seen = lock(&self.seen);
            seen.doubt
                .get_or_insert_with(|| format!("{} was sent", shortened(sql)));
        }
    }

    /// Records that the server has closed the connection: statements sent from now on have no effect.
    pub fn saw_it_gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }

    /// Whether the connection is known to be closed.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Records a reason why the transaction may have ended unseen.
    pub fn doubt(&self, why: &str) {
        lock(&self.seen).doubt.get_or_insert_with(|| why.to_owned());
    }

    /// What explains that the test did not pass.
    #[must_use]
    pub fn explain(&self) -> Option<RollbackVerdict> {
        lock(&self.seen).cause.clone()
    }

    /// The verdict, but contention where the transaction is known to have been ended by a
    /// deadlock, and by nothing before or after it; and an escape where the verdict leaves open
    /// what became of a transaction that may have been committed.
    #[must_use]
    pub fn read(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        use RollbackVerdict::{ConnectionLost, Contended, Escaped, Straggler, Unknown};
        let seen = lock(&self.seen);
        match (&verdict, &seen.doubt, &seen.deadlock) {
            (Escaped { .. } | ConnectionLost { .. }, None, Some(said)) => Contended {
                cause: said.clone(),
            },
            (ConnectionLost { .. } | Straggler { .. } | Unknown { .. }, Some(doubt), _)
                if self.doubts_count.load(Ordering::SeqCst) =>
            {
                Escaped {
                    how: format!(
                        "{doubt}, and the database cannot be asked what became of it; {verdict}"
                    ),
                    at: None,
                }
            }
            _ => verdict,
        }
    }
}

fn aborted(said: &str) -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: format!(
            "the application went on after an SQL error ({said}), which has aborted the sandbox's transaction; \
             put a statement that may fail into a transaction() of its own, which is a savepoint here, \
             or ask for savepoint_each_statement()"
        ),
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

    fn lost() -> RollbackVerdict {
        RollbackVerdict::ConnectionLost {
            cause: "reset by peer".to_owned(),
        }
    }

    fn listening() -> Witness {
        let witness = Witness::default();
        witness.doubts_count();
        witness.listen();
        witness
    }

    #[test]
    fn a_commit_explains_nothing_where_the_database_can_be_asked() {
        let witness = Witness::default();
        witness.sent("COMMIT");
        assert_eq!(witness.read(lost()), lost());
    }

    #[test]
    fn what_may_have_been_committed_counts_as_an_escape() {
        for (sql, doubtful) in [
            ("COMMIT", true),
            ("INSERT INTO t VALUES (1); COMMIT", true),
            (
                "INSERT INTO t VALUES (?) -- binds: []\n; COMMIT -- binds: []",
                true,
            ),
            ("INSERT INTO t VALUES (?) -- binds: [\"a; b\"]", false),
            ("(SELECT 1) UNION (SELECT 2)", false),
            ("with n as (select 1) select * from n", false),
        ] {
            let witness = listening();
            witness.sent(sql);
            let read = witness.read(lost());
            if doubtful {
                let said = read.to_string();
                assert!(said.contains("DATA MAY HAVE BEEN COMMITTED"), "{said}");
                assert!(said.contains("reset by peer"), "{said}");
            } else {
                assert_eq!(read, lost(), "{sql}");
            }
            let rolled_back = RollbackVerdict::RolledBack;
            assert_eq!(witness.read(rolled_back.clone()), rolled_back);
        }
    }

    #[test]
    fn a_witness_that_does_not_hear_the_session_hears_nobody() {
        let witness = listening();
        let aside = witness.look_aside_and_listen();
        witness.sent("SAVEPOINT s");
        drop(aside);
        assert_eq!(witness.read(lost()), lost());
        drop(witness.look_aside());
        assert_eq!(witness.read(lost()), lost());
        drop(witness.look_aside_and_listen());
        let said = witness.read(lost()).to_string();
        assert!(said.contains("DATA MAY HAVE BEEN COMMITTED"), "{said}");
    }

    #[test]
    fn what_is_sent_in_vain_is_no_escape() {
        let witness = listening();
        witness.saw_it_gone();
        witness.sent("COMMIT");
        assert_eq!(witness.read(lost()), lost());
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
    fn the_last_error_is_the_one_that_aborted_the_transaction() {
        let witness = Witness::default();
        assert_eq!(witness.take_last_error(), None);
        for said in ["duplicate key", "no such column"] {
            witness.saw(Fault::Other, said.to_owned());
        }
        witness.saw(Fault::Aborted, "25P02".to_owned());
        witness.saw_it_aborted();
        let last = LastError::Said("no such column".to_owned());
        assert_eq!(witness.take_last_error(), Some(last));
        assert_eq!(witness.take_last_error(), None);
        witness.saw_it_aborted();
        assert_eq!(witness.take_last_error(), Some(LastError::Unseen));
        let aside = witness.look_aside();
        witness.saw(Fault::Other, "no such savepoint".to_owned());
        drop(aside);
        assert_eq!(witness.take_last_error(), None);
    }

    #[test]
    fn a_connection_is_asked_unless_the_session_uses_it() {
        let witness = Witness::default();
        witness.ask();
        assert_eq!(witness.take_last_error(), None);
        witness.asks(|| Some((Fault::Other, "no such column".to_owned())));
        let aside = witness.look_aside();
        witness.ask();
        assert_eq!(witness.take_last_error(), None);
        drop(aside);
        witness.ask();
        let last = LastError::Said("no such column".to_owned());
        assert_eq!(witness.take_last_error(), Some(last));
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
