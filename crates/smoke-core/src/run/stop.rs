//! When executions have to stop, whatever their own limits say.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::starved;
use crate::Error;

/// When the executions of a run have to stop.
#[derive(Clone)]
pub(super) struct Stop {
    /// The run's last moment for tests.
    pub(super) at: Instant,
    /// How the run's limit is called.
    pub(super) limit: Duration,
    /// True once the runner is shut down; none for what has to be done even then.
    pub(super) shut: Option<watch::Receiver<bool>>,
}

impl Stop {
    /// For what cleans up: it has time of its own, also where the run has none.
    pub(super) fn late(&self, time: Duration) -> Self {
        Self {
            at: self.at.max(Instant::now() + time),
            limit: self.limit,
            shut: None,
        }
    }

    pub(super) fn is_shut(&self) -> bool {
        self.shut.as_ref().is_some_and(|shut| *shut.borrow())
    }

    /// Waits until the runner is shut down.
    pub(super) async fn shut(mut self) {
        match &mut self.shut {
            Some(shut) => drop(shut.wait_for(|shut| *shut).await),
            None => std::future::pending().await,
        }
    }

    /// What is said of a test that the run's limit has stopped.
    pub(super) fn run_limit(&self) -> Error {
        let limit = humantime::format_duration(self.limit);
        starved(format_args!("stopped: the run's limit of {limit} was near"))
    }

    /// What is said of a test that did not begin before.
    pub(super) fn no_time(&self) -> Error {
        let limit = humantime::format_duration(self.limit);
        starved(format_args!(
            "not run: the run's limit of {limit} was near before its turn came"
        ))
    }
}

/// What is said of a test where the runner is shut down.
pub(super) fn shutting_down() -> Error {
    starved("stopped: the runner is shutting down")
}
