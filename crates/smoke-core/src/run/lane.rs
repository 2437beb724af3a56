//! What carries out the tests of a run, one after the other, where tests live.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;
use tokio::task::consume_budget;

use super::conduct::Run;
use super::execution::{Execution, Worked};
use super::turn::Turn;
use crate::errand::{CarriedOut, beside, carry_out};
use crate::fixture::context::Surroundings;
use crate::rollback::HandleToken;
use crate::scene::watched;
use crate::stage::Stage;
use crate::test::AnyBody;
use crate::theirs::let_go;
use crate::{Context, Result};

/// A task on the stage that lives as long as it has a place for tests.
///
/// Whoever takes what is under way ends it: the lane, once the test has returned, or the
/// coordinator, where it did not in time. The lane then has nothing more to do; it ends, or holds a
/// thread for as long as the test does.
pub(super) struct Lane {
    under_way: Mutex<Option<UnderWay>>,
    task: OnceLock<AbortHandle>,
    stage: Stage,
    surroundings: Arc<Surroundings>,
}

struct UnderWay {
    execution: Execution,
    /// How the work has ended, and since when what it ended with is let go of.
    told: Option<(Result, Instant)>,
}

/// What is to be done for an execution.
struct Work {
    cx: Context,
    body: Arc<dyn AnyBody>,
    /// Held for as long as it is.
    alive: Arc<HandleToken>,
}

/// How the work of an execution ended.
struct Ending {
    result: Result,
    /// Whether nothing of it takes its time to be ended.
    is_bare: bool,
}

impl Lane {
    /// Begins one, with its first test.
    pub(super) fn begin(run: &Arc<Run>, turn: Turn, stage: Stage) {
        let lane = Arc::new(Self {
            under_way: Mutex::default(),
            task: OnceLock::new(),
            surroundings: run.surroundings(&stage),
            stage,
        });
        let work = lane.take_up(run, turn);
        // Before it can end.
        run.lanes().push(Arc::clone(&lane));
        let going = Arc::clone(&lane).go(Arc::downgrade(run), work);
        let _ = lane.task.set(lane.stage.spawn(going).abort_handle());
    }

    /// Puts a turn under way. What is to be done for it.
    fn take_up(&self, run: &Run, turn: Turn) -> Work {
        let body = Arc::clone(&turn.what.job(&run.course.catalogue).body);
        let (execution, alive) = Execution::begin(run, turn, (&self.stage, &self.surroundings));
        let cx = execution.cx.clone();
        let under_way = UnderWay {
            execution,
            told: None,
        };
        *self.under_way() = Some(under_way);
        Work { cx, body, alive }
    }

    /// Carries out one turn after the other. The run is not kept for as long as a test hangs.
    async fn go(self: Arc<Self>, run: Weak<Run>, mut work: Work) {
        let began = Instant::now();
        while let Some(result) = self.carry_out(work).await {
            let Some(run) = run.upgrade() else { return };
            let Some(place) = self.end(&run, result) else {
                break;
            };
            if began.elapsed() >= run.course.engine.timing().share && run.others_wait() {
                break;
            }
            let Some(turn) = run.next(place) else { break };
            work = self.take_up(&run, turn);
        }
        if let Some(run) = run.upgrade() {
            run.lanes().retain(|lane| !Arc::ptr_eq(lane, &self));
        }
    }

    /// Carries out what is under way. How it ended, where that is not over for the lane.
    async fn carry_out(&self, work: Work) -> Option<Ending> {
        let Work { cx, body, alive } = work;
        let working = watched(cx.scene(), async {
            // A lane that had its thread for itself would keep others from it.
            consume_budget().await;
            let carried_out = carry_out(&cx, || body.run(cx.clone())).await;
            self.let_go(carried_out, &cx)
        });
        let ending = working.await;
        drop(alive);
        ending
    }

    /// Ends an execution, here where nothing of it takes its time. Its place, where it is over.
    fn end(&self, run: &Arc<Run>, ending: Ending) -> Option<OwnedSemaphorePermit> {
        let Ending { result, is_bare } = ending;
        let execution = self.under_way().take()?.execution;
        if is_bare && execution.is_idle() {
            let (turn, ended) = execution.end(run, result);
            return run.ended(turn, ended);
        }
        run.conclude(execution, Worked::Ended(result));
        None
    }

    /// Lets go of what the work ended with, and of the fixtures where nothing else is to be ended.
    /// Nothing where the coordinator did not wait for it.
    fn let_go(&self, carried_out: CarriedOut, cx: &Context) -> Option<Ending> {
        let CarriedOut { mut told, left } = carried_out;
        // Where it is good, nothing is left of it.
        if told.is_err() {
            self.tell(&told)?;
            told = let_go(left, &cx.scene()).into_iter().fold(told, beside);
            // The fixtures are the coordinator's where that took too long.
            self.tell(&told)?;
        }
        let fixtures = cx.fixtures_alone();
        let is_bare = fixtures.is_some();
        if let Some(fixtures) = fixtures.flatten() {
            self.tell(&told)?;
            let fault = fixtures.let_go(&cx.scene());
            told = fault.into_iter().fold(told, beside);
        }
        Some(Ending {
            result: told,
            is_bare,
        })
    }

    /// Notes how the work has ended; none where the coordinator has taken what was under way.
    fn tell(&self, told: &Result) -> Option<()> {
        let mut under_way = self.under_way();
        let under_way = under_way.as_mut()?;
        under_way.told = Some((told.clone(), Instant::now()));
        Some(())
    }

    /// Looks at what is under way, from outside: takes it where it is over its time, or says when it
    /// may be. Nothing where nothing is under way.
    pub(super) fn look(&self, run: &Run, now: Instant) -> Look {
        let mut slot = self.under_way();
        let Some(under_way) = &mut *slot else {
            return Look::Idle;
        };
        let why = match &under_way.told {
            Some((told, since)) => {
                let until = *since + run.course.engine.timing().letting_go;
                if until > now {
                    return Look::Until(until);
                }
                Worked::Ended(told.clone())
            }
            None => match under_way.execution.overdue(run, now) {
                Ok(until) => return Look::Until(until),
                Err(why) => Worked::Stopped(why),
            },
        };
        let taken = slot.take();
        drop(slot);
        match taken {
            Some(taken) => Look::Taken(Box::new(taken.execution), why),
            None => Look::Idle,
        }
    }

    /// Stops it where it next lets others go on.
    pub(super) fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn under_way(&self) -> MutexGuard<'_, Option<UnderWay>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the coordinator sees of a lane.
pub(super) enum Look {
    /// The lane is between two tests, or at its end.
    Idle,
    /// Nothing is to be done before that.
    Until(Instant),
    /// What was under way is the coordinator's now.
    Taken(Box<Execution>, Worked),
}
