//! What became of one test, run by run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use smoke_report::{Outcome, Report, TestReport};

use super::KEPT;

/// What became of a test in the last runs that had it.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    points: VecDeque<Point>,
    /// The newest report of it, and its place there.
    last: (Arc<Report>, usize),
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
    fn of(test: &TestReport) -> Self {
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
    pub(crate) fn new(report: &Arc<Report>, at: usize) -> Self {
        let mut track = Self {
            points: VecDeque::new(),
            last: (Arc::clone(report), at),
        };
        track.add(report, at);
        track
    }

    pub(super) fn add(&mut self, report: &Arc<Report>, at: usize) {
        self.last = (Arc::clone(report), at);
        if self.points.len() == KEPT {
            self.points.pop_front();
        }
        self.points.push_back(Point::of(self.last()));
    }

    /// The newest that is known of the test.
    pub(crate) fn last(&self) -> &TestReport {
        &self.last.0.tests[self.last.1]
    }

    /// What became of it, the oldest first.
    pub(crate) fn points(&self) -> impl ExactSizeIterator<Item = Point> + '_ {
        self.points.iter().copied()
    }
}
