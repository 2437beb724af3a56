//! What all runs of a runner have come to, counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use smoke_report::Verdict;

use super::trail::Denial;
use crate::Result;
use crate::rollback::RollbackVerdict;

/// Counts since the runner was made. Its names are those that the program knows.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: AtomicU64,
    failed: AtomicU64,
    refused: Mutex<Vec<(&'static str, u64)>>,
    rollbacks: Mutex<Vec<(&'static str, u64)>>,
}

impl Tally {
    pub(super) fn ran(&self, verdict: Verdict) {
        let counter = match verdict {
            Verdict::Pass => &self.passed,
            Verdict::Fail => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, why: Denial) {
        count(&self.refused, why.reason().as_str());
    }

    /// Counts how the sandbox of a test ended, where it was not simply rolled back.
    pub(super) fn ended(&self, result: &Result) {
        let error = result.as_ref().err();
        let verdict = error.and_then(|error| error.downcast_ref::<RollbackVerdict>());
        if let Some(verdict) = verdict {
            count(&self.rollbacks, verdict.name());
        }
    }

    /// How many runs passed and failed.
    #[cfg(feature = "metrics")]
    pub(crate) fn runs(&self) -> [(Verdict, u64); 2] {
        [
            (Verdict::Pass, self.passed.load(Ordering::Relaxed)),
            (Verdict::Fail, self.failed.load(Ordering::Relaxed)),
        ]
    }

    /// How many starts were refused, by reason.
    #[cfg(feature = "metrics")]
    pub(crate) fn refusals(&self) -> Vec<(&'static str, u64)> {
        lock(&self.refused).clone()
    }

    /// How many sandboxes ended otherwise than by a rollback, by verdict.
    #[cfg(feature = "metrics")]
    pub(crate) fn rollbacks(&self) -> Vec<(&'static str, u64)> {
        lock(&self.rollbacks).clone()
    }
}

fn count(counters: &Mutex<Vec<(&'static str, u64)>>, name: &'static str) {
    let mut counters = lock(counters);
    match counters.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += 1,
        None => counters.push((name, 1)),
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
