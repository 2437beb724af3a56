//! A test that does not end before it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use smoke_core::Test;
use tokio::sync::{Notify, Semaphore};

/// Counts how often its test ran, and holds it up.
#[derive(Clone)]
pub(super) struct Gated {
    started: Arc<Notify>,
    runs: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Gated {
    pub(super) fn new() -> Self {
        Self {
            started: Arc::default(),
            runs: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    pub(super) fn test(&self, name: &str) -> Test {
        let gated = self.clone();
        Test::new(name, move || {
            let gated = gated.clone();
            async move {
                gated.runs.fetch_add(1, Ordering::SeqCst);
                gated.started.notify_one();
                let _open = gated.gate.acquire().await;
            }
        })
    }

    /// Waits until the test has begun.
    pub(super) async fn begun(&self) {
        self.started.notified().await;
    }

    /// Lets every execution end, from now on.
    pub(super) fn open(&self) {
        self.gate.close();
    }

    pub(super) fn count(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}
