//! The connections that backends keep from one test to the next, for as long as runs are in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::rollback::Shelf;

/// The places of all backends of one registry.
pub(super) struct Berths {
    shelves: Vec<Shelf>,
    /// How many each may keep: no more than there are sandboxes at once.
    room: usize,
    /// Where connections are ended, and how long one may take.
    runtime: Handle,
    limit: Duration,
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Runs {
    in_flight: usize,
    shut: bool,
}

/// A run that is in flight. The last one that is dropped has everything ended that is kept.
pub(super) struct InFlight {
    berths: Arc<Berths>,
    has_left: bool,
}

/// What is being ended.
pub(super) type Ending = Vec<JoinHandle<()>>;

impl Berths {
    pub(super) fn new(
        shelves: Vec<Shelf>,
        room: usize,
        (runtime, limit): (Handle, Duration),
    ) -> Arc<Self> {
        Arc::new(Self {
            shelves,
            room,
            runtime,
            limit,
            runs: Mutex::default(),
        })
    }

    /// Keeps connections until what is returned, and all the same of other runs, is ended or dropped.
    pub(super) fn begin_run(self: &Arc<Self>) -> InFlight {
        let mut runs = self.runs();
        runs.in_flight += 1;
        if runs.in_flight == 1 && !runs.shut {
            self.shelves.iter().for_each(|shelf| shelf.open(self.room));
        }
        InFlight {
            berths: Arc::clone(self),
            has_left: false,
        }
    }

    /// Keeps nothing any more, whatever runs, and begins to end what is kept.
    pub(super) fn shut(&self) -> Ending {
        let mut runs = self.runs();
        runs.shut = true;
        self.end()
    }

    fn end_run(&self) -> Ending {
        let mut runs = self.runs();
        runs.in_flight -= 1;
        if runs.in_flight > 0 {
            return Ending::new();
        }
        self.end()
    }

    /// Called with the runs locked, so that none begins meanwhile.
    fn end(&self) -> Ending {
        let shelves = self.shelves.iter();
        shelves
            .flat_map(|shelf| shelf.end(&self.runtime, self.limit))
            .collect()
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// Ends the run. What was kept for it has ended then, or took too long, or it is `until`.
    pub(super) async fn end(mut self, until: Instant) {
        self.has_left = true;
        let until = until.min(Instant::now() + self.berths.limit);
        ended(self.berths.end_run(), until).await;
    }
}

/// Waits for what is being ended, no longer than until then: it ends itself.
pub(super) async fn ended(ending: Ending, until: Instant) {
    if ending.is_empty() {
        return;
    }
    for ended in timeout_at(until, join_all(ending))
        .await
        .unwrap_or_default()
    {
        // A panic of a backend's is not to be one of the coordinator's.
        ended.map_err(crate::theirs::said).err();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.has_left {
            drop(self.berths.end_run());
        }
    }
}
