//! Whether a test is down: not for a single failure, where it is known to have worked here.

use std::time::Instant;

use smoke_report::TestState;

/// How many results in a row change what is believed of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub(crate) fail_after: u32,
    pub(crate) recover_after: u32,
}

/// What a run says of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    Works,
    Fails,
}

/// What is believed of a test.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    has_passed: bool,
    failures: u32,
    passes: u32,
    down_since: Option<Instant>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            fail_after: 3,
            recover_after: 2,
        }
    }
}

impl Health {
    /// A test that never passed in this process is down at its first failure and up at its first pass.
    pub(crate) fn learn(&mut self, evidence: Evidence, thresholds: Thresholds, now: Instant) {
        let known = self.has_passed;
        match evidence {
            Evidence::Works => {
                self.has_passed = true;
                self.failures = 0;
                self.passes = self.passes.saturating_add(1);
                if !known || self.passes >= thresholds.recover_after {
                    self.down_since = None;
                }
            }
            Evidence::Fails => {
                self.passes = 0;
                self.failures = self.failures.saturating_add(1);
                if !known || self.failures >= thresholds.fail_after {
                    self.down_since.get_or_insert(now);
                }
            }
        }
    }

    pub(crate) fn state(&self) -> TestState {
        match self.down_since {
            Some(_) => TestState::Down,
            None if self.has_passed => TestState::Up,
            None => TestState::Unknown,
        }
    }

    pub(crate) fn down_since(&self) -> Option<Instant> {
        self.down_since
    }

    /// In how many runs in a row it failed.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::Evidence::{Fails, Works};
    use super::*;

    /// Whether the test is down after each of these results.
    fn down(results: &[Evidence]) -> Vec<bool> {
        let mut health = Health::default();
        let learned = results.iter().map(|evidence| {
            health.learn(*evidence, Thresholds::default(), Instant::now());
            health.down_since().is_some()
        });
        learned.collect()
    }

    #[test]
    fn a_test_that_never_passed_is_down_at_once_and_up_at_once() {
        assert_eq!(down(&[Fails, Fails, Works]), [true, true, false]);
    }

    #[test]
    fn a_test_that_has_passed_is_down_after_three_failures_and_up_after_two_passes() {
        assert_eq!(
            down(&[
                Works, Fails, Fails, Works, Fails, Fails, Fails, Works, Fails, Works, Works
            ]),
            [
                false, false, false, false, false, false, true, true, true, true, false
            ]
        );
    }

    #[test]
    fn a_test_is_down_since_the_result_that_decided() {
        let start = Instant::now();
        let at = |seconds| start + std::time::Duration::from_secs(seconds);
        let mut health = Health::default();
        for (seconds, evidence) in [(0, Works), (1, Fails), (2, Fails), (3, Fails), (4, Fails)] {
            health.learn(evidence, Thresholds::default(), at(seconds));
        }
        assert_eq!(health.down_since(), Some(at(3)));
        assert_eq!(health.failures(), 4);
    }
}
