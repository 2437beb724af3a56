//! What became of one execution.

use std::time::Duration;

use smoke_report::{RequestMade, Times};

use crate::scene::Scene;
use crate::{Error, Result};

/// What became of one execution.
pub(super) struct Ended {
    pub(super) result: Result,
    pub(super) duration: Duration,
    /// Where the time went; none where it did not begin.
    pub(super) times: Option<Times>,
    pub(super) requests: Vec<RequestMade>,
    /// What was seen of it, the log included; none where it did not begin.
    pub(super) scene: Option<Scene>,
    /// What the database met will pass (contention, a migration): the job is worth another try.
    pub(super) transient: bool,
}

impl Ended {
    /// An execution that did not begin, or of which nothing is known.
    pub(super) fn never(error: Error) -> Self {
        Self {
            result: Err(error),
            duration: Duration::ZERO,
            times: None,
            requests: Vec::new(),
            scene: None,
            transient: false,
        }
    }

    /// This execution, after one that is not counted.
    pub(super) fn after(mut self, first: Self) -> Self {
        self.duration += first.duration;
        if let (Some(times), Some(first)) = (&mut self.times, first.times) {
            *times += first;
        }
        self.requests = first.requests.into_iter().chain(self.requests).collect();
        self
    }
}
