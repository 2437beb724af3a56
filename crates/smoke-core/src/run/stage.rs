//! The runtimes on which runs live, apart from the application's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;
use tokio::time::timeout;

use super::lasting::{Lasting, Role};
use crate::blocking::STACK;
use crate::stage::Stage;
use crate::{Error, Result};

/// How often a stage whose threads are all stopped by tests is replaced by a new one.
const REPLACEMENTS: usize = 3;
/// Bounds what functions on tokio's blocking threads can hold when they never return.
const BLOCKING_THREADS: usize = 64;

/// The coordinator plans, keeps time and answers, and never polls anything of the user's. The stage
/// is where fixtures, tests and the application under test live; a test can stop its threads.
///
/// Neither ends with its runner: what production shares with the tests may live there. What does so
/// on a stage that was replaced goes on when the tests that stop its threads return.
pub(crate) struct Runtimes {
    coordinator: Mutex<Option<Lasting>>,
    stage: Mutex<Option<Lasting>>,
    /// How many stages were replaced: what has a thread there goes on.
    replaced: Mutex<usize>,
    probe: Mutex<Option<Probe>>,
    stage_threads: usize,
    /// How long a stage may take to poll a task that does nothing.
    patience: Duration,
}

impl Runtimes {
    pub(crate) fn start(tests_at_once: usize, patience: Duration) -> Result<Self> {
        let coordinator = Lasting::take(Role::Coordinator, coordinator).map_err(no_threads)?;
        let runtimes = Self {
            coordinator: Mutex::new(Some(coordinator)),
            stage: Mutex::default(),
            replaced: Mutex::default(),
            probe: Mutex::default(),
            stage_threads: tests_at_once.clamp(2, 4),
            patience,
        };
        match runtimes.new_stage() {
            Ok(stage) => *lock(&runtimes.stage) = Some(stage),
            Err(error) => {
                runtimes.shut(false);
                return Err(error);
            }
        }
        Ok(runtimes)
    }

    fn new_stage(&self) -> Result<Lasting> {
        let threads = self.stage_threads;
        Lasting::take(Role::Stage(threads), || stage(threads)).map_err(no_threads)
    }

    pub(crate) fn coordinator(&self) -> Result<Handle> {
        lock(&self.coordinator)
            .as_ref()
            .map(|coordinator| Handle::clone(coordinator.stage()))
            .ok_or_else(shut)
    }

    pub(crate) fn stage(&self) -> Result<Stage> {
        lock(&self.stage)
            .as_ref()
            .map(|stage| stage.stage().clone())
            .ok_or_else(shut)
    }

    /// A stage that polls what it is given: the one that stands, or a new one in its place.
    pub(crate) async fn live_stage(&self) -> Result<Stage> {
        let standing = self.stage()?;
        if self.is_live(&standing).await {
            return Ok(standing);
        }
        let mut slot = lock(&self.stage);
        let current = slot
            .as_ref()
            .map(|stage| stage.stage().clone())
            .ok_or_else(shut)?;
        if current != standing {
            return Ok(current);
        }
        let mut replaced = lock(&self.replaced);
        if *replaced >= REPLACEMENTS {
            return Err(Error::msg(
                "every thread for tests is stopped by tests that do not return",
            ));
        }
        let fresh = self.new_stage()?;
        let stage = fresh.stage().clone();
        *slot = Some(fresh);
        *replaced += 1;
        Ok(stage)
    }

    /// Whether futures are polled, and functions that block are called.
    async fn is_live(&self, stage: &Stage) -> bool {
        let mut answered = self.probe(stage);
        let answered = answered.wait_for(|answered| *answered);
        matches!(timeout(self.patience, answered).await, Ok(Ok(_)))
    }

    /// The probe that this stage has not answered yet, or a new one: each stays in the queue of a
    /// stage that never answers, however often it is asked.
    fn probe(&self, stage: &Stage) -> watch::Receiver<bool> {
        let mut probe = lock(&self.probe);
        if let Some((asked, answered)) = &*probe
            && asked == stage
            && !*answered.borrow()
        {
            return answered.clone();
        }
        let (answer, answered) = watch::channel(false);
        stage.spawn(async move {
            let _ = tokio::task::spawn_blocking(|| {}).await;
            answer.send_replace(true);
        });
        *probe = Some((stage.clone(), answered.clone()));
        answered
    }

    /// Has nothing more begin here, and waits for nothing: a thread that a test has stopped may
    /// never go on. A stage on which one was (`stopped`) is left to nobody.
    pub(crate) fn shut(&self, stopped: bool) {
        let stage = lock(&self.stage).take().filter(|_| !stopped);
        let coordinator = lock(&self.coordinator).take();
        for runtime in stage.into_iter().chain(coordinator) {
            runtime.give_back();
        }
    }
}

/// What a stage is asked to do, and whether it has.
type Probe = (Stage, watch::Receiver<bool>);

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn coordinator() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(1)
        .thread_name("smoke-coord")
        .on_thread_start(|| {
            crate::thread::only_smoke_tests_run_here();
            crate::thread::nothing_of_theirs_runs_here();
        })
        .enable_all();
    builder
}

/// Its threads have room for tests, and panics there are not the application's.
fn stage(threads: usize) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder
        .thread_stack_size(STACK)
        .on_thread_start(crate::thread::only_smoke_tests_run_here)
        .worker_threads(threads)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("smoke-stage")
        .enable_all();
    builder
}

fn no_threads(error: std::io::Error) -> Error {
    Error::from(error).context("the threads for smoke tests could not be started")
}

fn shut() -> Error {
    Error::msg("the runner is shut down")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_stage_that_does_not_answer_is_asked_once() {
        let runtimes = Runtimes::start(2, Duration::from_millis(250)).unwrap();
        let stage = runtimes.stage().unwrap();
        let held: Vec<_> = (0..2)
            .map(|_| {
                let (release, held) = mpsc::channel::<()>();
                let (begun, begins) = mpsc::channel();
                stage.spawn(async move {
                    begun.send(()).unwrap();
                    let _ = held.recv();
                });
                begins.recv_timeout(Duration::from_secs(60)).unwrap();
                release
            })
            .collect();
        let stopped = stage.metrics().num_alive_tasks();
        for _ in 0..2 {
            assert!(!runtimes.is_live(&stage).await);
        }
        assert_eq!(stage.metrics().num_alive_tasks(), stopped + 1);
        drop(held);
        while !runtimes.is_live(&stage).await {}
        runtimes.shut(false);
    }
}
