//! The time that counts against a test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs while the test does, and stands still while it waits for a sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    pauses: Mutex<Pauses>,
}

#[derive(Debug, Default)]
struct Pauses {
    open: u32,
    since: Option<Instant>,
    total: Duration,
}

/// The clock stands still until this is dropped.
#[derive(Debug)]
pub(crate) struct Pause(Clock);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Arc::new(Inner {
            started: Instant::now(),
            pauses: Mutex::default(),
        }))
    }

    pub(crate) fn pause(&self) -> Pause {
        let mut pauses = self.0.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        if pauses.open == 0 {
            pauses.since = Some(Instant::now());
        }
        pauses.open += 1;
        Pause(self.clone())
    }

    /// The time that has counted so far.
    pub(crate) fn elapsed(&self) -> Duration {
        let pauses = self.0.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        // The moment is the same for both, so that a pause stands still to the nanosecond.
        let until = pauses.since.unwrap_or_else(Instant::now);
        (until - self.0.started).saturating_sub(pauses.total)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let mut pauses = self
            .0
            .0
            .pauses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        pauses.open -= 1;
        if pauses.open == 0
            && let Some(since) = pauses.since.take()
        {
            pauses.total += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_does_not_count() {
        let clock = Clock::start();
        let pause = clock.pause();
        let before = clock.elapsed();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(clock.elapsed(), before);
        drop(pause);
        let resumed = clock.elapsed();
        std::thread::sleep(Duration::from_millis(5));
        assert!(clock.elapsed() > resumed);
    }
}
