//! The tests of a suite in a run, with what is done once around them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smoke_report::{Outcome, TestReport};
use tokio::sync::{MutexGuard, mpsc, oneshot};

use super::catalogue::SuiteJobs;
use super::conduct::Run;
use super::ended::Ended;
use super::job::Job;
use super::plan::{Ready, Suite};
use super::reported::{cut, tell};
use super::stop::{Stop, shutting_down};
use super::turn::{Chosen, Held, Turn, What};
use crate::{Error, Result, log};

impl Run {
    /// The tests of a suite, between its set-up and its tear-down.
    pub(super) async fn suite(self: Arc<Self>, suite: Suite) {
        let catalogue = Arc::clone(&self.course.catalogue);
        if let Some(jobs) = catalogue.suite(&suite.class) {
            self.around(jobs, suite.tests).await;
        }
        self.record.suite_over();
        self.look_up();
    }

    async fn around(self: &Arc<Self>, jobs: &SuiteJobs, tests: Vec<usize>) {
        let any_runs = self.any_runs(&tests);
        let entry = |position: &usize| self.course.catalogue.entry(*position);
        let advisory = tests.iter().all(|position| entry(position).test.advisory);
        let (blocked, alone) = match self.set_up(jobs, any_runs, advisory).await {
            Ok(alone) => (None, alone),
            Err(error) => (Some(error), None),
        };
        let tear_down = jobs.tear_down.as_ref();
        let tear_down = tear_down.filter(|_| blocked.is_none() && any_runs);
        let (said, mut over) = mpsc::unbounded_channel();
        let asked = Instant::now();
        for position in tests {
            self.add(Ready::Test(Chosen {
                position,
                asked,
                blocked: blocked.clone(),
                suite: Some(said.clone()),
            }));
        }
        drop(said);
        // A test that is good is held back, a passed one where there is one: a tear-down that
        // fails counts once, and against it.
        let mut held: Option<(usize, TestReport)> = None;
        while let Some((position, test)) = over.recv().await {
            let passed = |test: &TestReport| test.outcome == Outcome::Passed;
            let better = held
                .as_ref()
                .is_none_or(|(_, held)| passed(&test) && !passed(held));
            if tear_down.is_some() && test.outcome.is_good() && better {
                if let Some((position, test)) = held.replace((position, test)) {
                    self.noted(position, test);
                }
            } else {
                self.noted(position, test);
            }
        }
        let torn_down = match tear_down {
            Some(job) => self.tear_down(job).await,
            None => Ok(()),
        };
        drop(alone);
        if let Err(error) = torn_down {
            let error = hook_error(error, "the suite's tear-down failed");
            match &mut held {
                Some((_, held)) => tell(held, Err(error)),
                None => {
                    let (run, said) = (Arc::clone(&self.course.id), cut(&format!("{error:#}")));
                    log::line(move || tracing::error!(target: "smoke", run = &*run, "{said}"));
                }
            }
        }
        if let Some((position, test)) = held {
            self.noted(position, test);
        }
    }

    /// Runs a suite's set-up, and keeps other runs from the suite until what is returned is dropped.
    async fn set_up<'s>(
        self: &Arc<Self>,
        jobs: &'s SuiteJobs,
        any_runs: bool,
        advisory: bool,
    ) -> Result<Option<MutexGuard<'s, ()>>> {
        if !any_runs {
            return Ok(None);
        }
        let alone = self.in_time(jobs.alone.lock()).await?;
        if let Some(job) = &jobs.set_up {
            let set_up = async {
                job.checked.clone()?;
                let (turn, told) = hook(job, Arc::clone(&self.stop), advisory);
                self.add(Ready::Turn(turn));
                result(told).await
            };
            set_up
                .await
                .map_err(|error| hook_error(error, "the suite's set-up failed"))?;
        }
        Ok(Some(alone))
    }

    /// Runs a suite's tear-down whatever the time, and whoever has the places: nothing else undoes
    /// what the set-up did.
    async fn tear_down(self: &Arc<Self>, job: &Arc<Job>) -> Result {
        job.checked.clone()?;
        job.refusal().map_or(Ok(()), Err)?;
        let time = self.course.engine.timing().finisher;
        let (turn, told) = hook(job, Arc::new(self.stop.late(time)), false);
        self.begin(turn);
        result(told).await
    }

    /// Whether not all of the tests are to be skipped.
    fn any_runs(&self, tests: &[usize]) -> bool {
        let (catalogue, selection) = (&self.course.catalogue, &self.course.selection);
        let runs = |position: &usize| {
            let test = &catalogue.entry(*position).test;
            catalogue.skips(test, selection).is_none()
        };
        self.halted().is_none() && tests.iter().any(runs)
    }
}

/// The turn of a hook, and where what became of it is told.
fn hook(job: &Arc<Job>, stop: Arc<Stop>, advisory: bool) -> (Turn, oneshot::Receiver<Ended>) {
    let (told, hears) = oneshot::channel();
    let job = Arc::clone(job);
    let turn = Turn {
        what: What::Hook {
            job,
            advisory,
            told,
        },
        stop,
        waited: Duration::ZERO,
        first: None,
        held: Held::default(),
    };
    (turn, hears)
}

async fn result(told: oneshot::Receiver<Ended>) -> Result {
    told.await.map_err(|_| shutting_down())?.result
}

/// A failed hook is never a failed or skipped test.
fn hook_error(error: Error, what: &str) -> Error {
    let message = format!("{what}: {}", error.message());
    error.reworded(message)
}
