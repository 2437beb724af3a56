//! One execution of one job, from its beginning until nothing of it is left.

use std::sync::Arc;
use std::time::Instant;

use smoke_report::RequestMade;
use tokio::time::timeout;

use super::clean::clean;
use super::conduct::Run;
use super::ended::Ended;
use super::engine::Counted;
use super::job::Job;
use super::judge::{Found, beneath, is_good, is_transient, judge};
use super::plain;
use super::release::{give_up, let_go, release};
use super::stop::shutting_down;
use super::turn::Turn;
use crate::clock::Clock;
use crate::errand::let_go_in_time;
use crate::fixture::context::Surroundings;
use crate::fixture::finisher;
use crate::fixture::ledger::Remains;
use crate::rollback::{HandleToken, HandleWatch};
use crate::stage::Stage;
use crate::{Context, Error, Result};

/// An execution that has begun.
pub(super) struct Execution {
    pub(super) turn: Turn,
    pub(super) cx: Context,
    clock: Clock,
    working: HandleWatch,
    /// Where it lives.
    stage: Stage,
    _counted: Counted,
}

/// How the work of a job ended.
pub(super) enum Worked {
    /// By itself, with that.
    Ended(Result),
    /// It was stopped, for that reason.
    Stopped(Error),
}

impl Execution {
    /// Begins an execution; what is returned beside it is held by whatever carries it out.
    pub(super) fn begin(
        run: &Run,
        turn: Turn,
        (stage, surroundings): (&Stage, &Arc<Surroundings>),
    ) -> (Self, Arc<HandleToken>) {
        let (alive, working) = HandleToken::new();
        let (alive, clock) = (Arc::new(alive), Clock::start());
        let job = turn.what.job(&run.course.catalogue);
        let cx = Context::new(
            Arc::clone(&job.name),
            Arc::clone(&run.course.id),
            Arc::clone(surroundings),
            (clock.clone(), job.allowed(run.course.engine.timing())),
            &alive,
        );
        let execution = Self {
            turn,
            cx,
            clock,
            working,
            stage: stage.clone(),
            _counted: run.course.engine.count(),
        };
        (execution, alive)
    }

    /// Why the work is to be stopped now, or else when that may next be the case.
    pub(super) fn overdue(&self, run: &Run, now: Instant) -> std::result::Result<Instant, Error> {
        let (stop, limit) = (&self.turn.stop, self.job(run).timeout);
        if stop.is_shut() {
            return Err(shutting_down());
        }
        if stop.at <= now {
            return Err(stop.run_limit());
        }
        let left = limit.saturating_sub(self.clock.elapsed());
        if left.is_zero() {
            let limit = humantime::format_duration(limit);
            return Err(plain(format_args!("took longer than its limit of {limit}")));
        }
        Ok(stop.at.min(now + left))
    }

    /// Takes note that it holds a thread longer than it should.
    pub(super) fn suspect(&self, run: &Run) {
        run.course.engine.suspect(&self.job(run).name);
    }

    /// Whether nothing works for it any more.
    pub(super) fn is_idle(&self) -> bool {
        self.working.is_gone()
    }

    fn job<'r>(&'r self, run: &'r Run) -> &'r Job {
        self.turn.what.job(&run.course.catalogue)
    }

    /// Ends everything that the execution began, on the coordinator.
    pub(super) async fn conclude(mut self, run: &Run, worked: Worked) -> (Turn, Ended) {
        let (engine, timing) = (&run.course.engine, run.course.engine.timing());
        let job = self.turn.what.job(&run.course.catalogue);
        let (mut result, has_ended) = match worked {
            Worked::Ended(result) => (result, true),
            Worked::Stopped(error) => {
                engine.suspect(&job.name);
                if !self.working.gone(timing.stopping).await {
                    job.hang(self.working.clone());
                }
                (Err(error), false)
            }
        };
        if !is_good(&result) {
            self.cx.note_failure();
        }
        result = clean(engine, &self.cx, &mut self.working, result).await;
        if !has_ended && !self.turn.stop.is_shut() {
            result = self.cx.unreturned().into_iter().fold(result, beneath);
        }
        // What a request finds is worth nothing once nobody asks for it.
        let edge = timeout(timing.stopping, self.cx.edge().lock_owned()).await;
        if edge.is_err() && has_ended {
            self.cx.note_fault(plain(
                "a request to the application was still under way when the test ended: await it in the test",
            ));
        }
        let mut remains = self.remains();
        drop(edge);
        let letting_go = match remains.fixtures.take() {
            Some(fixtures) => {
                // One that stands still would keep them for ever.
                let stage = engine.stage_for_tests().await;
                let stage = stage.unwrap_or_else(|_| self.stage.clone());
                Some(let_go(fixtures, &self.cx, &mut self.working, &stage))
            }
            None => None,
        };
        let sandboxes = std::mem::take(&mut remains.sandboxes);
        let (verdicts, sessions, pause) = release(&self.cx, sandboxes).await;
        result = faults_told(result, &mut remains);
        if let Some(letting_go) = letting_go {
            let letting_go = (letting_go, timing.letting_go);
            result = let_go_in_time(result, letting_go, || engine.suspect(&job.name)).await;
        }
        let found = Found {
            result,
            has_ended,
            verdicts: remains.problems.into_iter().chain(verdicts).collect(),
            sessions,
            last_error: remains.last_error,
        };
        result = judge(found, &self.cx, job, run);
        give_up(remains.permit, pause, engine.coordinator());
        let mut ended = self.ended(result, remains.requests);
        if !self.working.gone(timing.stopping).await {
            engine.hangs();
            ended = Ended {
                result: Err(hung(ended.result, job, self.working)),
                transient: false,
                ..ended
            };
        }
        (self.turn, ended)
    }

    /// Ends an execution of which nothing is left that takes its time: on whatever thread it lives.
    pub(super) fn end(self, run: &Run, result: Result) -> (Turn, Ended) {
        let mut remains = self.remains();
        let found = Found {
            result: faults_told(result, &mut remains),
            has_ended: true,
            verdicts: remains.problems,
            sessions: Vec::new(),
            last_error: remains.last_error,
        };
        let result = judge(found, &self.cx, self.job(run), run);
        let ended = self.ended(result, remains.requests);
        (self.turn, ended)
    }

    /// What is left; nothing can be obtained any more.
    fn remains(&self) -> Remains {
        let mut remains = self.cx.remains();
        finisher::finish_late(&self.cx, std::mem::take(&mut remains.finishers));
        remains
    }

    fn ended(&self, result: Result, requests: Vec<RequestMade>) -> Ended {
        let times = self.clock.times();
        Ended {
            transient: is_transient(&result),
            result,
            duration: times.counted(),
            times: Some(times),
            requests,
            scene: Some(self.cx.scene()),
        }
    }
}

/// What went wrong beside the test, in its order.
fn faults_told(result: Result, remains: &mut Remains) -> Result {
    let faults = std::mem::take(&mut remains.faults);
    faults.into_iter().rev().fold(result, beneath)
}

fn hung(result: Result, job: &Job, working: HandleWatch) -> Error {
    job.hang(working);
    let hung =
        "it hangs: it was told to stop and has not returned, and is not started again until it has";
    match result {
        Ok(()) => plain(format_args!(
            "a blocking function that it called has not returned: {hung}"
        )),
        Err(error) => {
            let message = format!("{}; {hung}", error.message());
            error.reworded(message)
        }
    }
}
