//! Runtimes that never end.
//!
//! A test shares values with the application: clients, pools, queues. What they register with the
//! runtime that they are used on (a socket, a task that connects again) dies with that runtime,
//! and production would go on with a client that is dead. So a runtime of ours outlives its runner,
//! and waits for the next one.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Builder;

use crate::stage::Stage;

/// The runtimes that no runner has.
static IDLE: Mutex<Vec<Lasting>> = Mutex::new(Vec::new());

/// What a runtime is for, and how many threads it has. One is taken for another's place only where
/// both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Coordinator,
    Stage(usize),
}

/// A runtime that lasts as long as the process.
#[derive(Clone, Debug)]
pub(crate) struct Lasting {
    stage: Stage,
    role: Role,
}

impl Lasting {
    /// One that waits for a runner, or a new one.
    pub(crate) fn take(role: Role, new: impl FnOnce() -> Builder) -> io::Result<Self> {
        let mut idle = idle();
        let waiting = idle.iter().position(|waiting| waiting.role == role);
        let waiting = waiting.map(|at| idle.swap_remove(at));
        drop(idle);
        if let Some(waiting) = waiting {
            return Ok(waiting);
        }
        let runtime = new().build()?;
        let stage = Stage::new(runtime.handle().clone());
        // Dropped, it would end. The process' end waits for none of its threads.
        std::mem::forget(runtime);
        Ok(Self { stage, role })
    }

    pub(crate) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Leaves it to the next runner, as soon as it is seen to live: at once, or never.
    pub(crate) fn give_back(self) {
        self.stage.clone().spawn(async move {
            if tokio::task::spawn_blocking(|| {}).await.is_ok() {
                idle().push(self);
            }
        });
    }
}

fn idle() -> MutexGuard<'static, Vec<Lasting>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Limits, Registry, Runner, Selection, Test};

    fn builder() -> Builder {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).max_blocking_threads(1);
        builder
    }

    /// Whether a runtime of that role waits for a runner before long.
    fn waits(role: Role) -> bool {
        (0..12_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            idle().iter().any(|waiting| waiting.role == role)
        })
    }

    #[test]
    fn a_runtime_that_lives_is_given_to_the_next_and_what_was_begun_there_goes_on() {
        // No runner has a stage of so many threads.
        let role = Role::Stage(1001);
        let first = Lasting::take(role, builder).unwrap();
        let (asking, mut asked) = tokio::sync::mpsc::channel::<std::sync::mpsc::Sender<()>>(1);
        first.stage().spawn(async move {
            while let Some(answer) = asked.recv().await {
                answer.send(()).unwrap();
            }
        });
        let stage = first.stage().clone();
        first.give_back();
        assert!(waits(role));
        let (answer, answered) = std::sync::mpsc::channel();
        asking.blocking_send(answer).unwrap();
        answered.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(*Lasting::take(role, builder).unwrap().stage(), stage);
    }

    #[test]
    fn a_runtime_whose_threads_are_held_is_given_to_nobody_until_they_return() {
        let role = Role::Stage(1002);
        let first = Lasting::take(role, builder).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = std::sync::mpsc::channel();
        first.stage().spawn_blocking(move || {
            begun.send(()).unwrap();
            let _ = held.recv();
        });
        begins.recv_timeout(Duration::from_secs(60)).unwrap();
        let stage = first.stage().clone();
        first.give_back();
        assert_ne!(*Lasting::take(role, builder).unwrap().stage(), stage);
        drop(release);
        assert!(waits(role));
        assert_eq!(*Lasting::take(role, builder).unwrap().stage(), stage);
    }

    #[tokio::test]
    async fn the_threads_of_a_test_that_was_stopped_and_has_returned_are_given_to_the_next() {
        let stopped = Test::new("a", std::future::pending::<()>);
        // No other runner here has a stage of so many threads.
        let limits = Limits::default().tests_at_once(3);
        let registry = Registry::new().test(stopped.timeout(Duration::from_millis(10)));
        let runner = Runner::new(registry.limits(limits));
        let report = runner.run(Selection::fast()).await;
        assert!(!report.verdict().is_pass());
        runner.shutdown().await;
        assert!(waits(Role::Stage(3)));
    }
}
