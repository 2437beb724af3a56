//! A test or a hook of a suite, with what is remembered of it between runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::rollback::HandleWatch;
use crate::test::AnyBody;
use crate::{Error, Test};

/// Something that is executed at most once at a time in this process.
pub(crate) struct Job {
    pub(crate) name: Arc<str>,
    pub(crate) body: Arc<dyn AnyBody>,
    pub(crate) timeout: Duration,
    /// Held while it is executed.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    latch: Mutex<Option<Latch>>,
}

/// Why a job is not started.
enum Latch {
    /// It has not returned since it was told to stop.
    Hung {
        since: SystemTime,
        working: HandleWatch,
    },
    /// It may have committed data. Stays until the process ends.
    Escaped { since: SystemTime },
}

impl Job {
    pub(crate) fn new(name: Arc<str>, body: Arc<dyn AnyBody>, timeout: Duration) -> Self {
        Self {
            name,
            body,
            timeout,
            turn: Arc::default(),
            latch: Mutex::default(),
        }
    }

    pub(crate) fn of_test(test: &Test, limit: Duration) -> Self {
        Self::new(
            Arc::clone(&test.name),
            Arc::clone(&test.body),
            test.timeout.unwrap_or(limit),
        )
    }

    /// Why the job must not be started now.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let mut latch = self.latch.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*latch, Some(Latch::Hung { working, .. }) if working.is_gone()) {
            *latch = None;
        }
        latch.as_ref().map(|latch| match latch {
            Latch::Hung { since, .. } => {
                Error::msg(format_args!("still hung since {}: it is not started again until it has returned", time(*since)))
            }
            Latch::Escaped { since } => Error::msg(format_args!(
                "not run: at {} its transaction ended before the rollback, and DATA MAY HAVE BEEN COMMITTED; \
                 it will not run again until the process is restarted",
                time(*since)
            )),
        })
        .map(|error| error.with_place(None))
    }

    pub(crate) fn is_hung(&self) -> bool {
        let latch = self.latch.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*latch, Some(Latch::Hung { working, .. }) if !working.is_gone())
    }

    pub(crate) fn latch_hung(&self, working: HandleWatch) {
        let mut latch = self.latch.lock().unwrap_or_else(PoisonError::into_inner);
        if latch.is_none() {
            *latch = Some(Latch::Hung {
                since: SystemTime::now(),
                working,
            });
        }
    }

    pub(crate) fn latch_escaped(&self) {
        let mut latch = self.latch.lock().unwrap_or_else(PoisonError::into_inner);
        *latch = Some(Latch::Escaped {
            since: SystemTime::now(),
        });
    }
}

fn time(time: SystemTime) -> impl std::fmt::Display {
    humantime::format_rfc3339_seconds(time)
}
