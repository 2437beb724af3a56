//! The time of a test: what counts against it, and where it went.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smoke_report::Times;

/// What a test's time goes to besides the test itself.
///
/// Of several at once the first counts: the application is built on sandboxes, and a sandbox is
/// opened once there is a place for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// Waiting for a place, which does not count against the test.
    Waiting,
    /// Opening and ending sandboxes.
    Sandbox,
    /// Building the application under test.
    App,
}

const PARTS: usize = 3;

/// Runs while the test does, and stands still while it waits for a sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<Mutex<Ledger>>);

/// The time goes to this part until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Spell {
    clock: Clock,
    part: Part,
}

/// What was spent on what. The last place is the test's own.
#[derive(Debug)]
struct Ledger {
    open: [u32; PARTS],
    spent: [Duration; PARTS + 1],
    until: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(Ledger::starting(Instant::now()))))
    }

    /// What happens from now on is this part.
    pub(crate) fn spell(&self, part: Part) -> Spell {
        let mut ledger = self.ledger();
        ledger.count(Instant::now());
        ledger.open[part as usize] += 1;
        Spell {
            clock: self.clone(),
            part,
        }
    }

    /// The time that has counted so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.times().counted()
    }

    /// Where the time went so far.
    pub(crate) fn times(&self) -> Times {
        let mut ledger = self.ledger();
        ledger.count(Instant::now());
        ledger.times()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Spell {
    fn drop(&mut self) {
        let mut ledger = self.clock.ledger();
        ledger.count(Instant::now());
        ledger.open[self.part as usize] -= 1;
    }
}

impl Ledger {
    fn starting(now: Instant) -> Self {
        Self {
            open: [0; PARTS],
            spent: [Duration::ZERO; PARTS + 1],
            until: now,
        }
    }

    /// Puts the time since the last call to what it went to.
    fn count(&mut self, now: Instant) {
        let part = self.open.iter().position(|open| *open > 0);
        self.spent[part.unwrap_or(PARTS)] += now.saturating_duration_since(self.until);
        self.until = self.until.max(now);
    }

    fn times(&self) -> Times {
        let mut times = Times::default();
        [times.waiting, times.sandbox, times.app_build, times.body] = self.spent;
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(times: Times) -> [u128; 4] {
        [times.waiting, times.sandbox, times.app_build, times.body].map(|time| time.as_millis())
    }

    #[test]
    fn each_moment_is_counted_once_to_the_innermost_part() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut ledger = Ledger::starting(start);
        // (when, part, opened or closed)
        let build = [
            (1, Part::App, true),
            (3, Part::Waiting, true),
            (7, Part::Waiting, false),
            (7, Part::Sandbox, true),
            (15, Part::Sandbox, false),
            (16, Part::App, false),
        ];
        for (when, part, opened) in build {
            ledger.count(at(when));
            let open = &mut ledger.open[part as usize];
            *open = if opened { *open + 1 } else { *open - 1 };
        }
        ledger.count(at(48));
        assert_eq!(millis(ledger.times()), [4, 8, 3, 33]);
        assert_eq!(ledger.times().counted(), Duration::from_millis(44));
    }

    #[test]
    fn of_two_at_once_the_first_goes_on_when_the_other_ends() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut ledger = Ledger::starting(start);
        ledger.open[Part::Waiting as usize] = 2;
        ledger.count(at(5));
        ledger.open[Part::Waiting as usize] = 1;
        ledger.count(at(9));
        ledger.open[Part::Waiting as usize] = 0;
        // A clock that goes back is none of the test's time.
        ledger.count(at(8));
        assert_eq!(millis(ledger.times()), [9, 0, 0, 0]);
    }

    #[test]
    fn waiting_does_not_count() {
        let clock = Clock::start();
        let waiting = clock.spell(Part::Waiting);
        let before = clock.elapsed();
        while clock.times().waiting < Duration::from_millis(2) {
            std::thread::yield_now();
        }
        assert_eq!(clock.elapsed(), before);
        drop(waiting);
        while clock.elapsed() == before {
            std::thread::yield_now();
        }
    }
}
