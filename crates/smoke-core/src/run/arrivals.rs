//! How the application's requests arrive, for the runs that none of them has asked for.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Arrival;
use crate::stage::Stage;
use crate::theirs::Theirs;

/// How the last request arrived that was looked at. Not each is: nothing may be done for every
/// request of production but to see that nothing is to be done.
#[derive(Debug)]
pub(crate) struct Arrivals {
    wanted: AtomicBool,
    last: Mutex<Option<Arrival>>,
}

impl Arrivals {
    pub(crate) fn new() -> Self {
        Self {
            wanted: AtomicBool::new(true),
            last: Mutex::default(),
        }
    }

    /// Whether the next request is to be looked at: the first one, and the first after each run that
    /// no request has asked for.
    #[inline]
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, arrival: Arrival) {
        // What it has of the application's is dropped where nobody waits for the slot.
        let _before = self.slot().replace(arrival);
        self.wanted.store(false, Ordering::Relaxed);
    }

    pub(crate) fn last(&self) -> Option<Arrival> {
        self.wanted.store(true, Ordering::Relaxed);
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arrival>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the requests of one run arrive. It is the coordinator's, and what the application has put
/// there is dropped where tests live.
pub(crate) struct ArrivalOfRun {
    arrival: Arc<Arrival>,
    stage: Stage,
}

impl ArrivalOfRun {
    pub(crate) fn new(arrival: Arrival, stage: Stage) -> Self {
        let arrival = Arc::new(arrival);
        Self { arrival, stage }
    }

    pub(crate) fn get(&self) -> &Arc<Arrival> {
        &self.arrival
    }
}

impl Drop for ArrivalOfRun {
    fn drop(&mut self) {
        let theirs = Theirs::new(mem::take(&mut self.arrival));
        self.stage.spawn(async move { drop(theirs) });
    }
}
