//! One execution that is to come, and what it holds until it is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smoke_report::TestReport;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, mpsc, oneshot};

use super::catalogue::Catalogue;
use super::ended::Ended;
use super::job::Job;
use super::stop::Stop;
use crate::Error;

/// One execution of a test, or of a hook of a suite.
pub(super) struct Turn {
    pub(super) what: What,
    pub(super) stop: Arc<Stop>,
    /// How long the test waited until it began.
    pub(super) waited: Duration,
    /// What became of it the first time, where it is tried once more.
    pub(super) first: Option<Box<Ended>>,
    pub(super) held: Held,
}

/// What keeps others away as long as the turn lasts.
#[derive(Default)]
pub(super) struct Held {
    /// The test's own: nobody else executes it.
    pub(super) _job: Option<OwnedMutexGuard<()>>,
    /// The group's of which one test runs at a time.
    pub(super) _group: Option<OwnedMutexGuard<()>>,
    /// One of as many as tests may run at once.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

pub(super) enum What {
    Test(Chosen),
    Hook {
        job: Arc<Job>,
        /// Whether nothing but advisory tests hang on it: then it stops no others.
        advisory: bool,
        /// Told what became of it.
        told: oneshot::Sender<Ended>,
    },
}

/// A test of a run.
pub(super) struct Chosen {
    /// Its place in the catalogue.
    pub(super) position: usize,
    /// Since when it waits.
    pub(super) asked: Instant,
    /// Why it cannot run, where its suite's set-up failed.
    pub(super) blocked: Option<Error>,
    /// Its suite, where that is to hear first what became of it.
    pub(super) suite: Option<mpsc::UnboundedSender<(usize, TestReport)>>,
}

impl What {
    pub(super) fn job<'j>(&'j self, catalogue: &'j Catalogue) -> &'j Job {
        match self {
            Self::Test(chosen) => &catalogue.entry(chosen.position).job,
            Self::Hook { job, .. } => job,
        }
    }
}
