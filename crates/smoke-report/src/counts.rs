use std::collections::HashSet;

use crate::{Outcome, TestReport};

/// The number of tests with each outcome.
///
/// `run` is `passed + failed + errored + warned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The distinct classes among the tests that ran.
    pub test_classes: usize,
    /// The tests that ran: all but the skipped ones.
    pub run: usize,
    /// The tests that passed.
    pub passed: usize,
    /// The tests that failed.
    pub failed: usize,
    /// The tests that errored.
    pub errored: usize,
    /// The advisory tests that did not pass.
    pub warned: usize,
    /// The tests that were skipped.
    pub skipped: usize,
}

impl Counts {
    pub(crate) fn of(tests: &[TestReport]) -> Self {
        let mut counts = Self::default();
        let mut classes = HashSet::new();
        // Those of a class follow one another.
        let mut last = None;
        for test in tests {
            if test.outcome.ran() {
                counts.run += 1;
                let class = Some(test.class.as_str());
                if class != last {
                    classes.extend(class);
                    last = class;
                }
            }
            match test.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed => counts.failed += 1,
                Outcome::Errored => counts.errored += 1,
                Outcome::Warned => counts.warned += 1,
                Outcome::Skipped => counts.skipped += 1,
            }
        }
        counts.test_classes = classes.len();
        counts
    }
}
