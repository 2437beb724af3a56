//! A worker is alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smoke_core::{Result, Test, fail};

use crate::check::{self, shown};

/// What a worker of this process beats, to show that it lives: a consumer of a queue, a thread that
/// sends mail.
///
/// Clones are one heart. A beat is one atomic write. Beat when the worker begins, and after each piece
/// of work or each time when there was none.
///
/// [`is_within`](Self::is_within) makes the check.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_checks::Heartbeat;
/// use smoke_core::Registry;
///
/// let heartbeat = Heartbeat::new("mailer");
/// let worker = heartbeat.clone();
/// std::thread::spawn(move || {
///     for _mail in ["welcome", "invoice"] {
///         worker.beat();
///     }
/// });
/// let registry = Registry::new().test(heartbeat.is_within(Duration::from_secs(60)));
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeat {
    worker: Arc<str>,
    made: Instant,
    /// Milliseconds from when it was made to the last beat, counted from 1. 0 before the first.
    last: Arc<AtomicU64>,
}

/// The check of a [`Heartbeat`], by [`Heartbeat::is_within`].
///
/// # Errors
///
/// None: a heart that has not beaten in time fails.
#[derive(Clone, Debug)]
#[must_use]
pub struct HeartbeatWithin {
    heartbeat: Heartbeat,
    limit: Duration,
}

impl Heartbeat {
    /// The heart of a worker, which has not beaten yet.
    pub fn new(worker: impl Into<String>) -> Self {
        Self {
            worker: worker.into().into(),
            made: Instant::now(),
            last: Arc::default(),
        }
    }

    /// Says that the worker lives.
    pub fn beat(&self) {
        self.beat_at(self.made.elapsed());
    }

    fn beat_at(&self, since_made: Duration) {
        let now = (since_made.as_millis() as u64).saturating_add(1);
        // Of two beats at once the later one counts.
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// How long ago the last beat was. `None` before the first.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.age_at(self.made.elapsed())
    }

    fn age_at(&self, since_made: Duration) -> Option<Duration> {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1)?;
        Some(since_made.saturating_sub(Duration::from_millis(last)))
    }

    /// The check that the last beat is no longer ago. Give the worker's pause between two beats several
    /// times.
    ///
    /// It is about this *instance*, because the worker is of this process. Say
    /// `Test::from(..).advisory()` where the process should go on to serve without its worker.
    ///
    /// # Fails when
    ///
    /// The last beat is longer ago, or there was none yet.
    pub fn is_within(&self, limit: Duration) -> HeartbeatWithin {
        HeartbeatWithin {
            heartbeat: self.clone(),
            limit,
        }
    }
}

impl HeartbeatWithin {
    fn look(&self, since_made: Duration) -> Result {
        let worker = &self.heartbeat.worker;
        match self.heartbeat.age_at(since_made) {
            None => fail!("{worker} has not beaten yet: was it started?"),
            Some(age) if age > self.limit => fail!(
                "{worker} has last beaten {} ago, and should every {}: has it ended, or does it hang?",
                shown(age),
                shown(self.limit)
            ),
            Some(_) => Ok(()),
        }
    }
}

impl From<HeartbeatWithin> for Test {
    fn from(check: HeartbeatWithin) -> Self {
        let description = format!("the worker {} lives", check.heartbeat.worker);
        let look = move || {
            let ended = check.look(check.heartbeat.made.elapsed());
            async { ended }
        };
        check::test("heartbeat", description, Duration::ZERO, look).instance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heart_that_has_not_beaten_for_longer_than_allowed_fails() {
        let second = Duration::from_secs;
        let heartbeat = Heartbeat::new("mailer");
        let check = heartbeat.is_within(second(60));
        let message = |at| check.look(second(at)).unwrap_err().message().to_owned();
        assert_eq!(message(1), "mailer has not beaten yet: was it started?");
        heartbeat.clone().beat_at(second(10));
        check.look(second(70)).unwrap();
        assert_eq!(
            message(71),
            "mailer has last beaten 1m 1s ago, and should every 1m: has it ended, or does it hang?"
        );
        heartbeat.beat_at(second(71));
        check.look(second(72)).unwrap();
        // A thread that was held up between its look at the clock and its beat.
        heartbeat.beat_at(second(11));
        assert_eq!(heartbeat.age_at(second(72)), Some(second(1)));
    }
}
