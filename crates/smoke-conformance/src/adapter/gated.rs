//! A test that does not end before it may.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smoke_core::Test;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

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

    /// Waits until the test has begun, which somebody asks for.
    pub(super) async fn begun<T>(&self, asking: &JoinHandle<T>) -> Result<(), String> {
        let mut begun = pin!(self.started.notified());
        loop {
            // What is asked for may be answered without a run, and then nothing ever begins.
            let waiting = tokio::time::timeout(Duration::from_millis(20), begun.as_mut());
            if waiting.await.is_ok() {
                return Ok(());
            }
            if asking.is_finished() {
                return Err("there was an answer before the test had ended".to_owned());
            }
        }
    }

    /// Lets every execution end, from now on.
    pub(super) fn open(&self) {
        self.gate.close();
    }

    pub(super) fn count(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}
