//! One execution of one job: within its limits, and cleaned up after whatever it did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use smoke_report::RequestMade;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::engine::Engine;
use super::job::Job;
use crate::clock::Clock;
use crate::rollback::{HandleToken, HandleWatch, RollbackVerdict};
use crate::{Context, Error, Result};

/// How long a job that was told to stop may take until it counts as hung.
const GRACE: Duration = Duration::from_millis(200);
/// How long the finishers of one test may take together.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What became of one execution.
pub(crate) struct Ended {
    pub(crate) result: Result,
    pub(crate) duration: Duration,
    pub(crate) requests: Vec<RequestMade>,
}

impl Ended {
    /// Whether the database was busy with others: it is worth another try.
    pub(crate) fn is_contended(&self) -> bool {
        let verdict = self
            .result
            .as_ref()
            .err()
            .and_then(Error::downcast_ref::<RollbackVerdict>);
        matches!(verdict, Some(RollbackVerdict::Contended { .. }))
    }
}

/// When an execution has to stop, whatever its own limit says.
#[derive(Clone)]
pub(crate) struct Stop {
    /// The run's last moment for tests.
    pub(crate) at: Instant,
    /// How the run's limit is called.
    pub(crate) limit: Duration,
    /// True once the runner is shut down.
    pub(crate) shut: watch::Receiver<bool>,
}

impl Stop {
    fn run_limit(&self) -> Error {
        let limit = humantime::format_duration(self.limit);
        Error::msg(format_args!("stopped: the run's limit of {limit} was near")).with_place(None)
    }
}

/// Executes a job for a run and ends everything that it began.
pub(crate) async fn execute(
    engine: &Arc<Engine>,
    job: &Job,
    run: &Arc<str>,
    mut stop: Stop,
) -> Ended {
    let _execution = engine.execution();
    let stage = match engine.stage_for_tests().await {
        Ok(stage) => stage,
        Err(error) => {
            return Ended {
                result: Err(error),
                duration: Duration::ZERO,
                requests: Vec::new(),
            };
        }
    };
    let (alive, working) = HandleToken::new();
    let alive = Arc::new(alive);
    let clock = Clock::start();
    let surroundings = engine.surroundings(stage.clone());
    let cx = Context::new(
        Arc::clone(&job.name),
        Arc::clone(run),
        surroundings,
        clock.clone(),
        &alive,
    );
    let body = job.body.run(cx.clone());
    let work = stage.spawn(crate::panic::watched(cx.scene(), async move {
        let _alive = alive;
        body.await
    }));
    let mut result = until_limit(work, &clock, job.timeout, &mut stop, &cx).await;
    if result.is_err() {
        working.gone(GRACE).await;
    }
    if !cx.is_untouched() {
        let closed = close(&cx, &stage).await;
        result = result.and(closed);
    }
    let remains = cx.remains();
    let faults = remains.faults.into_iter().rev();
    result = faults.fold(result, beside);
    let keeper = engine.keeper();
    let verdicts = join_all(
        remains
            .sandboxes
            .into_iter()
            .map(|sandbox| sandbox.finish(keeper)),
    )
    .await;
    drop(remains.permit);
    let found = remains
        .problems
        .into_iter()
        .chain(verdicts)
        .filter(|verdict| !verdict.is_rolled_back());
    result = judge(result, found.collect(), job);
    if !working.gone(GRACE).await {
        result = Err(hung(result, job, working));
    }
    Ended {
        result,
        duration: clock.elapsed(),
        requests: remains.requests,
    }
}

/// Waits for the work, and stops it at the first limit that it meets.
async fn until_limit(
    mut work: JoinHandle<Result>,
    clock: &Clock,
    limit: Duration,
    stop: &mut Stop,
    cx: &Context,
) -> Result {
    let error = loop {
        let left = limit.saturating_sub(clock.elapsed());
        let until_stop = stop.at.saturating_duration_since(Instant::now());
        if until_stop.is_zero() {
            break stop.run_limit();
        }
        if left.is_zero() {
            let limit = humantime::format_duration(limit);
            break Error::msg(format_args!("took longer than its limit of {limit}"))
                .with_place(None);
        }
        tokio::select! {
            biased;
            joined = &mut work => {
                return joined.unwrap_or_else(|error| Err(match error.try_into_panic() {
                    Ok(payload) => crate::panic::error(&*payload, &cx.scene()),
                    Err(_) => Error::msg("cancelled: its runtime was shut down").with_place(None),
                }));
            }
            _ = stop.shut.wait_for(|shut| *shut) => break Error::msg("stopped: the runner is shutting down").with_place(None),
            () = sleep(left.min(until_stop)) => {}
        }
    };
    work.abort();
    Err(error)
}

/// Runs the finishers where tests run, for a bounded time.
async fn close(cx: &Context, stage: &tokio::runtime::Handle) -> Result {
    let (inner, alive) = (cx.clone(), cx.alive());
    let mut closing = stage.spawn(crate::panic::watched(cx.scene(), async move {
        let _alive = alive;
        inner.close().await
    }));
    match timeout(CLOSE_LIMIT, &mut closing).await {
        Ok(joined) => joined.unwrap_or_else(|_| Err(Error::msg("cleaning up panicked"))),
        Err(_) => {
            closing.abort();
            let limit = humantime::format_duration(CLOSE_LIMIT);
            Err(Error::msg(format_args!(
                "cleaning up took longer than its limit of {limit}"
            ))
            .with_place(None))
        }
    }
}

/// What went wrong beside the test explains what the test says, and counts more.
fn beside(result: Result, fault: Error) -> Result {
    Err(match result {
        Ok(()) => fault,
        Err(error) => fault.caused_by(&error),
    })
}

/// What the sandboxes say counts more than what the test says.
fn judge(result: Result, found: Vec<RollbackVerdict>, job: &Job) -> Result {
    let barring = found
        .iter()
        .find_map(|verdict| Some((verdict, barred(verdict)?)));
    if let Some((_, why)) = barring {
        job.bar(why);
    }
    let Some(worst) = barring.map(|(verdict, _)| verdict).or(found.first()) else {
        return result;
    };
    let error = Error::from(worst.clone()).with_place(None);
    Err(match result {
        Ok(()) => error,
        Err(cause) if cause.message() == error.message() => cause,
        Err(cause) => error.caused_by(&cause),
    })
}

/// Why a test must not run again in this process, where data may have stayed.
fn barred(verdict: &RollbackVerdict) -> Option<&'static str> {
    match verdict {
        RollbackVerdict::Escaped { .. } => {
            Some("its transaction ended before the rollback, and DATA MAY HAVE BEEN COMMITTED")
        }
        RollbackVerdict::Bypassed { .. } => {
            Some("it wrote past its sandbox, and what it wrote was NOT rolled back")
        }
        _ => None,
    }
}

fn hung(result: Result, job: &Job, working: HandleWatch) -> Error {
    job.hang(working);
    let hung =
        "it hangs: it was told to stop and has not returned, and is not started again until it has";
    match result {
        Ok(()) => Error::msg(format_args!(
            "a blocking function that it called has not returned: {hung}"
        ))
        .with_place(None),
        Err(error) => {
            let message = format!("{}; {hung}", error.message());
            error.reworded(message)
        }
    }
}
