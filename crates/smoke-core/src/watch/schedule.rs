//! What is run again and again, and how often.

use std::fmt;
use std::time::Duration;

use smoke_report::Scope;

use crate::Selection;

/// Lower bound of a period: a shorter one is a loop.
const SHORTEST: Duration = Duration::from_millis(100);
/// Upper bound of a period: processes rarely live longer.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often instance tests run unless a registry says otherwise.
const INSTANCE: Duration = Duration::from_secs(30);
/// The same for tests of what all replicas share: each replica asks for them.
const SHARED: Duration = Duration::from_secs(5 * 60);

/// Which tests the runner runs by itself, and how often. [`Runner::start`](crate::Runner::start)
/// starts the schedules of a registry.
///
/// The start of each run is moved by up to a quarter of the period either way, so that replicas do not
/// run in step. The environment variable `SMOKE_SCHEDULE` replaces the period (`5m`), or switches all
/// schedules off (`off`).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_core::{Registry, Schedule};
///
/// let registry = Registry::new()
///     .schedule(Schedule::every(Duration::from_secs(30)).instance())
///     .schedule(Schedule::every(Duration::from_secs(300)).shared().slow());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Schedule {
    period: Duration,
    slow: bool,
    scope: Option<Scope>,
}

impl Schedule {
    /// Runs the tests that are not slow, of either scope. The period is from 100 milliseconds to a week.
    pub fn every(period: Duration) -> Self {
        Self {
            period,
            slow: false,
            scope: None,
        }
    }

    /// Runs the slow tests too.
    pub fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Runs only the tests of this instance: `#[smoke_test(instance)]`.
    pub fn instance(mut self) -> Self {
        self.scope = Some(Scope::Instance);
        self
    }

    /// Runs only the tests of what all replicas share.
    pub fn shared(mut self) -> Self {
        self.scope = Some(Scope::Shared);
        self
    }

    /// Instance tests every 30 seconds, and shared tests every five minutes.
    pub(crate) fn usual() -> [Self; 2] {
        [
            Self::every(INSTANCE).instance(),
            Self::every(SHARED).shared(),
        ]
    }

    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    pub(crate) fn with_period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    pub(crate) fn selection(&self) -> Selection {
        let selection = if self.slow {
            Selection::slow()
        } else {
            Selection::fast()
        };
        match self.scope {
            Some(scope) => selection.of_scope(scope),
            None => selection,
        }
    }

    pub(crate) fn problem(&self) -> Option<String> {
        let period = self.period;
        (!(SHORTEST..=LONGEST).contains(&period)).then(|| {
            format!(
                "the period of a schedule is {period:?}: it is from {SHORTEST:?} to {LONGEST:?}"
            )
        })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = humantime::format_duration(self.period);
        write!(f, "{} every {period}", self.selection())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_says_which_tests_it_runs() {
        let schedule = Schedule::every(Duration::from_secs(90)).slow().shared();
        assert_eq!(schedule.to_string(), "slow scope=shared every 1m 30s");
        let [instance, shared] = Schedule::usual().map(|schedule| schedule.to_string());
        assert_eq!(instance, "fast scope=instance every 30s");
        assert_eq!(shared, "fast scope=shared every 5m");
    }

    #[test]
    fn a_period_that_is_too_short_or_too_long_is_a_problem() {
        for period in [Duration::ZERO, Duration::from_millis(99), Duration::MAX] {
            assert!(Schedule::every(period).problem().is_some(), "{period:?}");
        }
        for period in [SHORTEST, LONGEST] {
            assert_eq!(Schedule::every(period).problem(), None);
        }
    }
}
