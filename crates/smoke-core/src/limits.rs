//! How much a registry's tests may take of their host.

use std::sync::Arc;
use std::time::Duration;

use smoke_report::Kind;

use crate::Test;
use crate::timing::Timing;

/// Upper bound of what may run or wait at once.
const MOST: usize = 1000;
/// A run is cleaned up after within its limit.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);
/// Upper bound of a run's limit.
pub(crate) const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How much the tests of one registry may take of their host, whoever asks for them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_core::{Limits, Registry};
///
/// let limits = Limits::default().tests_at_once(8).test(Duration::from_secs(3));
/// let registry = Registry::new().limits(limits);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Limits {
    pub(crate) tests_at_once: usize,
    pub(crate) runs_at_once: usize,
    pub(crate) runs_waiting: usize,
    pub(crate) starts_per_minute: usize,
    pub(crate) test: Duration,
    pub(crate) browser_test: Duration,
    pub(crate) run: Duration,
    pub(crate) slow_run: Duration,
    pub(crate) reuse: Duration,
    /// What nobody chooses but tests of the engine.
    pub(crate) timing: Arc<Timing>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tests_at_once: 4,
            runs_at_once: 2,
            runs_waiting: 8,
            starts_per_minute: 60,
            test: Duration::from_secs(10),
            browser_test: Duration::from_secs(20),
            run: Duration::from_secs(20),
            slow_run: Duration::from_secs(50),
            reuse: Duration::from_secs(2),
            timing: Arc::default(),
        }
    }
}

impl Limits {
    /// How many tests run at the same time, over all runs. 4 unless set.
    pub fn tests_at_once(mut self, tests: usize) -> Self {
        self.tests_at_once = tests;
        self
    }

    /// How many runs there are at the same time, beside those of schedules. 2 unless set.
    pub fn runs_at_once(mut self, runs: usize) -> Self {
        self.runs_at_once = runs;
        self
    }

    /// How many runs wait for their turn. Later ones are answered with busy. 8 unless set.
    pub fn runs_waiting(mut self, runs: usize) -> Self {
        self.runs_waiting = runs;
        self
    }

    /// How many runs start within any minute. 60 unless set.
    ///
    /// One selection may use half of the starts that all others have left, so that it cannot use up all.
    /// A run that has to be new counts among the others. When no start is left, the last report of that
    /// minute answers equal questions, and its `Age` says how old it is. Any other question, or one for a
    /// new run, is answered with busy. Scheduled runs are not counted.
    pub fn starts_per_minute(mut self, starts: usize) -> Self {
        self.starts_per_minute = starts;
        self
    }

    /// How long a test may take that does not say so itself. 10 seconds unless set.
    pub fn test(mut self, limit: Duration) -> Self {
        self.test = limit;
        self
    }

    /// How long a test of kind [`Browser`](crate::Kind::Browser) may take that does not say so itself.
    /// 20 seconds unless set.
    ///
    /// So long may its sandboxes hold their transactions, too, where the backend's own limit is shorter.
    pub fn browser_test(mut self, limit: Duration) -> Self {
        self.browser_test = limit;
        self
    }

    /// How long a question for the fast tests waits for its answer, and how long a run of them may
    /// take once it has its place. At least a second; 20 seconds unless set.
    ///
    /// A run waits for its place for half of that. The answer is busy if it has no place by then, or if
    /// it had to wait and has not ended in time. In the second case the run goes on.
    pub fn run(mut self, limit: Duration) -> Self {
        self.run = limit;
        self
    }

    /// The same for runs with the slow tests. At least a second; 50 seconds unless set.
    pub fn slow_run(mut self, limit: Duration) -> Self {
        self.slow_run = limit;
        self
    }

    /// How long a finished report answers for equal selections. 2 seconds unless set.
    pub fn reuse(mut self, age: Duration) -> Self {
        self.reuse = age;
        self
    }

    pub(crate) fn of_test(&self, test: &Test) -> Duration {
        let usual = match test.kind() {
            Kind::Browser => self.browser_test,
            _ => self.test,
        };
        test.timeout.unwrap_or(usual)
    }

    pub(crate) fn of_run(&self, slow: bool) -> Duration {
        if slow { self.slow_run } else { self.run }
    }

    pub(crate) fn problem(&self) -> Option<String> {
        let counts = [
            ("tests at once", self.tests_at_once),
            ("runs at once", self.runs_at_once),
            ("run starts a minute", self.starts_per_minute),
        ];
        if let Some((what, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Some(format!("the limit of {what} is 0: no test could run"));
        }
        let held = [
            ("tests at once", self.tests_at_once),
            ("runs at once", self.runs_at_once),
            ("runs waiting", self.runs_waiting),
        ];
        let most = held.iter().find(|(_, count)| *count > MOST);
        if let Some((what, count)) = most {
            return Some(format!(
                "the limit of {what} is {count}: the most is {MOST}"
            ));
        }
        let times = [
            ("a test", self.test, Duration::from_millis(1)),
            (
                "a browser test",
                self.browser_test,
                Duration::from_millis(1),
            ),
            ("a run", self.run, SHORTEST),
            ("a slow run", self.slow_run, SHORTEST),
        ];
        if let Some((what, limit, least)) = times.iter().find(|(_, limit, least)| limit < least) {
            return Some(format!(
                "the time limit of {what} is {limit:?}: the least is {least:?}"
            ));
        }
        let most = times.iter().find(|(_, limit, _)| *limit > LONGEST);
        most.map(|(what, limit, _)| {
            format!("the time limit of {what} is {limit:?}: the most is {LONGEST:?}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_lets_nothing_run_is_a_problem() {
        assert_eq!(Limits::default().problem(), None);
        for limits in [
            Limits::default().tests_at_once(0),
            Limits::default().runs_at_once(0),
            Limits::default().starts_per_minute(0),
            Limits::default().test(Duration::ZERO),
            Limits::default().browser_test(Duration::ZERO),
            Limits::default().run(Duration::from_millis(999)),
            Limits::default().slow_run(Duration::ZERO),
            Limits::default().run(Duration::MAX),
            Limits::default().tests_at_once(usize::MAX),
            Limits::default().runs_at_once(usize::MAX),
            Limits::default().runs_waiting(usize::MAX),
        ] {
            assert!(limits.problem().is_some(), "{limits:?}");
        }
    }
}
