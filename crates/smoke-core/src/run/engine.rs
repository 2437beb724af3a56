//! What all runs of one runner share once the first has begun.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::berths::{Berths, Ending, InFlight};
use super::catalogue::Catalogue;
use super::stage::Runtimes;
use crate::fixture::building::Unbuilt;
use crate::fixture::context::Surroundings;
use crate::stage::Stage;
use crate::timing::Timing;
use crate::{Arrival, Result};

/// The runtimes, and the limits that hold over all runs.
pub(crate) struct Engine {
    runtimes: Runtimes,
    coordinator: Handle,
    catalogue: Arc<Catalogue>,
    /// The tests that may run at the same time.
    pub(crate) tests: Arc<Semaphore>,
    sandboxes: Arc<Semaphore>,
    berths: Arc<Berths>,
    groups: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    executions: AtomicUsize,
    /// The runs that wait for a place.
    waiting: AtomicUsize,
    suspects: Mutex<Suspects>,
}

/// The tests that were stopped: something of theirs may hold threads.
#[derive(Default)]
struct Suspects {
    names: BTreeSet<Arc<str>>,
    /// How many were stopped.
    stopped: u64,
    /// How many had been when the stage was seen to live.
    cleared: u64,
    /// Whether one has not returned.
    hung: bool,
}

/// More at once is a harm to any database.
const MOST_SANDBOXES: usize = 64;

/// Lives as long as a run waits for a place.
pub(super) struct Waits<'w>([&'w AtomicUsize; 2]);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        for counter in self.0 {
            counter.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Lives as long as one execution, cleaning up included.
pub(super) struct Counted(Arc<Engine>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.executions.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Engine {
    pub(crate) fn start(catalogue: &Arc<Catalogue>) -> Result<Self> {
        let at_once = catalogue.limits.tests_at_once;
        let runtimes = Runtimes::start(at_once, catalogue.limits.timing.probe)?;
        // One test may need every backend at once, so the least capacity counts for all.
        let capacities = catalogue
            .supplies
            .backends
            .iter()
            .map(|backend| backend.capacity());
        let sandboxes = capacities.min().unwrap_or(1).min(MOST_SANDBOXES);
        let coordinator = runtimes.coordinator()?;
        let limit = catalogue.limits.timing.connection;
        let backends = catalogue.supplies.backends.iter();
        let shelves = backends.map(|backend| backend.shelf().clone()).collect();
        Ok(Self {
            berths: Berths::new(shelves, sandboxes, (coordinator.clone(), limit)),
            coordinator,
            runtimes,
            catalogue: Arc::clone(catalogue),
            tests: Arc::new(Semaphore::new(at_once)),
            sandboxes: Arc::new(Semaphore::new(sandboxes)),
            groups: Mutex::default(),
            executions: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            suspects: Mutex::default(),
        })
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.catalogue.limits.timing
    }

    pub(crate) fn coordinator(&self) -> &Handle {
        &self.coordinator
    }

    /// Where tests live, whether or not it lives.
    pub(crate) fn stage(&self) -> Result<Stage> {
        self.runtimes.stage()
    }

    /// Counts an execution until what is returned is dropped.
    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.executions.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(self))
    }

    /// Counts a run that waits for a place, here and by itself, until what is returned is dropped.
    pub(super) fn wait<'w>(&'w self, its: &'w AtomicUsize) -> Waits<'w> {
        let counters = [&self.waiting, its];
        for counter in counters {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        Waits(counters)
    }

    /// How many runs wait for a place.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Whether nothing is executed.
    pub(crate) fn is_idle(&self) -> bool {
        self.executions.load(Ordering::SeqCst) == 0
    }

    /// Has nothing more begin, and waits for nothing. What is being ended then.
    pub(crate) fn shut(&self) -> Ending {
        let ending = self.berths.shut();
        let held = self.suspects().hung || !self.is_idle();
        self.runtimes.shut(held);
        ending
    }

    /// Has connections kept from one test to the next for as long as a run is in flight.
    pub(crate) fn begin_run(&self) -> InFlight {
        self.berths.begin_run()
    }

    /// Takes note of a test that was stopped before its end.
    pub(crate) fn suspect(&self, test: &Arc<str>) {
        let mut suspects = self.suspects();
        suspects.names.insert(Arc::clone(test));
        suspects.stopped += 1;
    }

    /// Takes note of a test that was told to stop and has not returned: it may hold a thread for good.
    pub(crate) fn hangs(&self) {
        self.suspects().hung = true;
    }

    /// Where a test is to live. A stage is looked at only where a test was stopped since it was
    /// seen to live: one that is only busy may take as long to answer.
    pub(crate) async fn stage_for_tests(&self) -> Result<Stage> {
        if let Some(stage) = self.unsuspected_stage() {
            return stage;
        }
        let stopped = self.suspects().stopped;
        let stage = self.runtimes.live_stage().await;
        let mut suspects = self.suspects();
        match stage {
            Ok(stage) => {
                suspects.cleared = suspects.cleared.max(stopped);
                Ok(stage)
            }
            Err(error) => {
                let names: Vec<_> = suspects.names.iter().cloned().collect();
                let names = names.join(", ");
                Err(super::starved(format_args!("not run: {error} ({names})")))
            }
        }
    }

    /// The same where that can be said at once: no test was stopped.
    pub(super) fn unsuspected_stage(&self) -> Option<Result<Stage>> {
        let suspects = self.suspects();
        (suspects.stopped == suspects.cleared).then(|| self.runtimes.stage())
    }

    fn suspects(&self) -> MutexGuard<'_, Suspects> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn surroundings(
        &self,
        stage: Stage,
        arrival: &Arc<Arrival>,
        artifacts: Option<&Arc<Path>>,
        unbuilt: &Unbuilt,
    ) -> Arc<Surroundings> {
        Arc::new(Surroundings {
            supplies: Arc::clone(&self.catalogue.supplies),
            arrival: Arc::clone(arrival),
            artifacts: artifacts.cloned(),
            stage,
            coordinator: self.coordinator.clone(),
            sandboxes: Arc::clone(&self.sandboxes),
            unbuilt: unbuilt.clone(),
            timing: Arc::clone(&self.catalogue.limits.timing),
        })
    }

    /// What a test of a serial group holds while it runs.
    pub(crate) fn group(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(groups.entry(name.to_owned()).or_default())
    }
}
