//! What the two sides of one sandbox know of each other.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::queue::Queue;
use crate::witness::Witness;
use smoke_core::RollbackVerdict;

/// Lets one connection into a sandbox's pool, once, and keeps what is found out about it.
#[derive(Debug, Default)]
pub struct Gate {
    admitted: AtomicBool,
    closed: AtomicBool,
    fate: AtomicU8,
    rolled_back: AtomicBool,
    lost: Mutex<Option<String>>,
    found: Mutex<Option<RollbackVerdict>>,
    checkouts: AtomicU64,
    checkins: AtomicU64,
    queue: Arc<Queue>,
    witness: Witness,
}

/// The connection is ended from outside.
const CUT: u8 = 1;
/// The connection is another sandbox's.
const MOVED: u8 = 2;

/// Why a pool gets no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The sandbox has ended, or nothing may be done in it any more.
    Closed,
    /// The first connection was lost.
    Lost,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the sandbox is closed: its test is over, or its transaction has ended",
            Self::Lost => {
                "the sandbox's connection was lost, and it gets no other: the rows of the test were rolled back with it"
            }
        })
    }
}

impl std::error::Error for Refusal {}

impl Gate {
    /// Admits the first connection, and no other.
    ///
    /// # Errors
    ///
    /// Once the gate is closed, and for every connection but the first.
    pub fn admit(&self) -> Result<(), Refusal> {
        if self.closed.load(Ordering::SeqCst) {
            Err(Refusal::Closed)
        } else if self.admitted.swap(true, Ordering::SeqCst) {
            self.lose("the pool took the connection for broken and closed it, or the application took it out of the pool");
            Err(Refusal::Lost)
        } else {
            Ok(())
        }
    }

    /// The errors that the application saw.
    #[must_use]
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Who has the connection, and who waits for it.
    #[must_use]
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Closes the gate: no connection is admitted or handed out from now on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Whether nothing is to be handed out any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The connection is about to be ended from outside; whether it may be. Not once it is another
    /// sandbox's.
    #[must_use]
    pub fn cut(&self) -> bool {
        self.decide(CUT)
    }

    /// The connection is about to be another sandbox's; whether it may be. Not once it is ended from
    /// outside.
    #[must_use]
    pub fn move_on(&self) -> bool {
        self.decide(MOVED)
    }

    fn decide(&self, fate: u8) -> bool {
        let decided = self
            .fate
            .compare_exchange(0, fate, Ordering::SeqCst, Ordering::SeqCst);
        decided.is_ok() || decided == Err(fate)
    }

    /// Notes the verdict of a session that has ended, once the pool has given up the connection.
    pub fn finished(&self, verdict: &RollbackVerdict) {
        let rolled_back = verdict.is_rolled_back();
        self.rolled_back.store(rolled_back, Ordering::SeqCst);
    }

    /// Whether there is nothing left to be ended from outside.
    #[must_use]
    pub fn is_rolled_back(&self) -> bool {
        self.rolled_back.load(Ordering::SeqCst)
    }

    /// Notes that the connection left the pool while the sandbox was open. The first cause counts.
    pub fn lose(&self, cause: impl Into<String>) {
        if !self.is_closed() {
            lock(&self.lost).get_or_insert_with(|| cause.into());
        }
    }

    /// Keeps the first bad verdict and closes; says which one it is.
    #[allow(clippy::must_use_candidate, reason = "what was found is kept")]
    pub fn find(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        self.close();
        let verdict = self.witness.read(verdict);
        lock(&self.found).get_or_insert(verdict).clone()
    }

    /// Why the connection cannot be used any more, where that is known.
    #[must_use]
    pub fn over(&self) -> Option<RollbackVerdict> {
        if let Some(verdict) = &*lock(&self.found) {
            return Some(verdict.clone());
        }
        let cause = if self.fate.load(Ordering::SeqCst) == CUT {
            "it was ended from outside".to_owned()
        } else {
            lock(&self.lost).clone()?
        };
        let lost = RollbackVerdict::ConnectionLost { cause };
        Some(self.witness.read(lost))
    }

    /// Counts a check-out by the application or the test. [`check_out`](crate::check_out) does it; a pool
    /// whose hook cannot call that calls this.
    pub fn checked_out(&self) {
        self.checkouts.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts a connection that the application or the test has returned.
    pub fn checked_in(&self) {
        self.checkins.fetch_add(1, Ordering::SeqCst);
    }

    /// How often the application or the test has had the connection. Some pools tell of a check-out
    /// only when it ends (`try_get` of r2d2).
    #[must_use]
    pub fn checkouts(&self) -> u64 {
        let checkins = self.checkins.load(Ordering::SeqCst);
        self.checkouts.load(Ordering::SeqCst).max(checkins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connection_is_admitted_and_none_after_the_end() {
        let gate = Gate::default();
        assert_eq!(gate.admit(), Ok(()));
        assert_eq!(gate.admit(), Err(Refusal::Lost));
        gate.close();
        assert_eq!(gate.admit(), Err(Refusal::Closed));
    }

    #[test]
    fn a_connection_is_ended_from_outside_or_moved_and_never_both() {
        let cut = Gate::default();
        assert!(cut.cut() && cut.cut());
        assert!(!cut.move_on());
        let moved = Gate::default();
        assert!(moved.move_on());
        assert!(!moved.cut());
        assert_eq!(moved.over(), None);
    }

    #[test]
    fn the_first_finding_counts() {
        let gate = Gate::default();
        assert_eq!(gate.over(), None);
        gate.lose("a panic");
        gate.lose("another");
        let cause = "a panic".to_owned();
        assert_eq!(gate.over(), Some(RollbackVerdict::ConnectionLost { cause }));
        let cause = "COMMIT".to_owned();
        let escaped = RollbackVerdict::Escaped {
            how: cause,
            at: None,
        };
        assert_eq!(gate.find(escaped.clone()), escaped);
        gate.find(RollbackVerdict::RolledBack);
        assert_eq!(gate.over(), Some(escaped));
    }
}
