//! The runtimes on which runs live, apart from the application's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::{Error, Result};

/// How often a stage whose threads are all stopped by tests is replaced by a new one.
const REPLACEMENTS: usize = 3;
/// How long a stage may take to poll a task that does nothing.
const PROBE_LIMIT: Duration = Duration::from_millis(250);
/// Bounds what functions on tokio's blocking threads can hold when they never return.
const BLOCKING_THREADS: usize = 64;
/// What a main thread has on Linux: an overflow ends the process, and what works there is to work
/// in a test.
pub(crate) const STACK: usize = 8 * 1024 * 1024;

/// The coordinator plans, keeps time and answers, and never polls anything of the user's. The stage
/// is where fixtures, tests and the application under test live; a test can stop its threads.
pub(crate) struct Runtimes {
    coordinator: Mutex<Option<Runtime>>,
    stage: Mutex<Option<Runtime>>,
    /// The stages that were replaced: what has a thread there goes on.
    retired: Mutex<Vec<Runtime>>,
    stage_threads: usize,
}

impl Runtimes {
    pub(crate) fn start(tests_at_once: usize) -> Result<Self> {
        let runtimes = Self {
            coordinator: Mutex::default(),
            stage: Mutex::default(),
            retired: Mutex::default(),
            stage_threads: tests_at_once.clamp(2, 4),
        };
        // From here on what was started is ended in the background, also where the rest cannot
        // be: a runtime that is dropped in asynchronous code panics.
        let mut coordinator = Builder::new_multi_thread();
        let coordinator = coordinator
            .worker_threads(1)
            .thread_name("smoke-coord")
            .on_thread_start(|| {
                crate::panic::only_smoke_tests_run_here();
                crate::theirs::nothing_of_theirs_runs_here();
            })
            .enable_all()
            .build();
        *lock(&runtimes.coordinator) = Some(coordinator.map_err(no_threads)?);
        *lock(&runtimes.stage) = Some(stage(runtimes.stage_threads)?);
        Ok(runtimes)
    }

    pub(crate) fn coordinator(&self) -> Result<Handle> {
        lock(&self.coordinator)
            .as_ref()
            .map(|coordinator| coordinator.handle().clone())
            .ok_or_else(shut)
    }

    pub(crate) fn stage(&self) -> Result<Handle> {
        lock(&self.stage)
            .as_ref()
            .map(|stage| stage.handle().clone())
            .ok_or_else(shut)
    }

    /// A stage that polls what it is given: the one that stands, or a new one in its place.
    pub(crate) async fn live_stage(&self) -> Result<Handle> {
        let standing = self.stage()?;
        if is_live(&standing).await {
            return Ok(standing);
        }
        let mut slot = lock(&self.stage);
        let current = slot
            .as_ref()
            .map(|stage| stage.handle().clone())
            .ok_or_else(shut)?;
        if current.id() != standing.id() {
            return Ok(current);
        }
        let mut retired = lock(&self.retired);
        if retired.len() >= REPLACEMENTS {
            return Err(Error::msg(
                "every thread for tests is stopped by tests that do not return",
            ));
        }
        let fresh = stage(self.stage_threads)?;
        let handle = fresh.handle().clone();
        retired.extend(slot.replace(fresh));
        Ok(handle)
    }

    /// Ends all and waits for nothing: a thread that a test has stopped would never end.
    pub(crate) fn shut(&self) {
        let stage = lock(&self.stage).take();
        let retired = std::mem::take(&mut *lock(&self.retired));
        let coordinator = lock(&self.coordinator).take();
        for runtime in stage.into_iter().chain(retired).chain(coordinator) {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Runtimes {
    fn drop(&mut self) {
        self.shut();
    }
}

fn lock<T>(runtimes: &Mutex<T>) -> MutexGuard<'_, T> {
    runtimes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether futures are polled, and functions that block are called.
async fn is_live(stage: &Handle) -> bool {
    let probes = async {
        let (polled, called) = (stage.spawn(async {}), stage.spawn_blocking(|| {}));
        let _ = polled.await;
        let _ = called.await;
    };
    tokio::time::timeout(PROBE_LIMIT, probes).await.is_ok()
}

fn stage(threads: usize) -> Result<Runtime> {
    built_for_tests(Builder::new_multi_thread())
        .worker_threads(threads)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("smoke-stage")
        .enable_all()
        .build()
        .map_err(no_threads)
}

/// Makes a runtime one on which only smoke tests, and applications under test, live: its threads
/// have room for them, and panics there are not the application's.
#[must_use]
pub fn built_for_tests(mut runtime: Builder) -> Builder {
    runtime
        .thread_stack_size(STACK)
        .on_thread_start(crate::panic::only_smoke_tests_run_here);
    runtime
}

fn no_threads(error: std::io::Error) -> Error {
    Error::from(error).context("the threads for smoke tests could not be started")
}

fn shut() -> Error {
    Error::msg("the runner is shut down")
}
