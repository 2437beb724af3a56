//! What became of one test, run by run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use smoke_report::{Outcome, TestReport};

use super::KEPT;

/// What became of a test in the last runs that had it run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    points: VecDeque<Point>,
    /// The newest report of it; none where it passed, of which the points say all.
    last: Option<Arc<TestReport>>,
}

/// What became of it in one run.
///
/// There are very many of them: it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) outcome: Outcome,
    /// An hour at most.
    micros: u32,
}

impl Point {
    pub(crate) fn of(test: &TestReport) -> Self {
        Self {
            outcome: test.outcome,
            micros: test.duration.as_micros().try_into().unwrap_or(u32::MAX),
        }
    }

    /// How long the test took.
    pub(crate) fn took(self) -> Duration {
        Duration::from_micros(self.micros.into())
    }
}

impl Track {
    /// A run that skips the test, since another failed before it for one, takes back nothing that is known.
    pub(super) fn add(&mut self, test: &TestReport) {
        if test.outcome.ran() {
            if self.points.len() == KEPT {
                self.points.pop_front();
            }
            self.points.push_back(Point::of(test));
        } else if !self.points.is_empty() {
            return;
        }
        self.last = (test.outcome != Outcome::Passed).then(|| Arc::new(test.clone()));
    }

    /// The newest that is known of the test, unless it passed.
    pub(crate) fn last(&self) -> Option<&Arc<TestReport>> {
        self.last.as_ref()
    }

    /// What became of it, the oldest first.
    pub(crate) fn points(&self) -> impl ExactSizeIterator<Item = Point> + '_ {
        self.points.iter().copied()
    }

    /// Whether the newest that is known of it lets a run pass.
    pub(crate) fn is_good(&self) -> bool {
        self.last.as_ref().is_none_or(|test| test.outcome.is_good())
    }
}
