//! One execution of one job: within its limits, and cleaned up after whatever it did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use smoke_report::{RequestMade, Times};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::engine::Engine;
use super::job::Job;
use crate::clock::{Clock, Part};
use crate::errand::{Errand, beside, let_go_in_time, remarked};
use crate::error::Explained;
use crate::fixture::building::Unbuilt;
use crate::fixture::finisher::{self, Finisher};
use crate::panic::watched;
use crate::rollback::{HandleToken, HandleWatch, RequestEnd, RollbackVerdict, Session};
use crate::{Arrival, Context, Error, ErrorKind, Result};

/// How long a job that was told to stop may take until it counts as hung.
const GRACE: Duration = Duration::from_millis(200);

/// A factory that is quicker than that is not what a sandbox was held for.
const TOLD: Duration = Duration::from_millis(100);

/// What became of one execution.
pub(crate) struct Ended {
    pub(crate) result: Result,
    pub(crate) duration: Duration,
    /// Where the time went; none where it did not begin.
    pub(crate) times: Option<Times>,
    pub(crate) requests: Vec<RequestMade>,
    /// What the database met will pass (contention, a migration): the job is worth another try.
    pub(crate) transient: bool,
}

/// When an execution has to stop, whatever its own limit says.
#[derive(Clone)]
pub(crate) struct Stop {
    /// The run's last moment for tests.
    pub(crate) at: Instant,
    /// How the run's limit is called.
    pub(crate) limit: Duration,
    /// True once the runner is shut down; none for what has to be done even then.
    pub(crate) shut: Option<watch::Receiver<bool>>,
}

impl Stop {
    /// For what cleans up: it has time of its own, also where the run has none.
    pub(crate) fn late(&self) -> Self {
        Self {
            at: self.at.max(Instant::now() + finisher::LIMIT),
            limit: self.limit,
            shut: None,
        }
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.shut.as_ref().is_some_and(|shut| *shut.borrow())
    }

    async fn shut(&mut self) {
        match &mut self.shut {
            Some(shut) => drop(shut.wait_for(|shut| *shut).await),
            None => std::future::pending().await,
        }
    }

    fn run_limit(&self) -> Error {
        let limit = humantime::format_duration(self.limit);
        plain(format_args!("stopped: the run's limit of {limit} was near"))
    }
}

impl Ended {
    /// An execution that did not begin, or of which nothing is known.
    pub(crate) fn never(error: Error) -> Self {
        Self {
            result: Err(error),
            duration: Duration::ZERO,
            times: None,
            requests: Vec::new(),
            transient: false,
        }
    }

    /// This execution, after one that is not counted.
    pub(crate) fn after(mut self, first: Self) -> Self {
        self.duration += first.duration;
        if let (Some(times), Some(first)) = (&mut self.times, first.times) {
            *times += first;
        }
        self.requests = first.requests.into_iter().chain(self.requests).collect();
        self
    }
}

/// Executes a job for a run and ends everything that it began.
pub(crate) async fn execute(
    engine: &Arc<Engine>,
    job: &Job,
    (run, arrival): (&Arc<str>, &Arc<Arrival>),
    unbuilt: &Unbuilt,
    mut stop: Stop,
) -> Ended {
    let _execution = engine.execution();
    if stop.is_shut() {
        return Ended::never(shutting_down());
    }
    let stage = match engine.stage_for_tests().await {
        Ok(stage) => stage,
        Err(error) => return Ended::never(error),
    };
    let (alive, mut working) = HandleToken::new();
    let alive = Arc::new(alive);
    let clock = Clock::start();
    let surroundings = engine.surroundings(stage.clone(), arrival, unbuilt);
    let cx = Context::new(
        Arc::clone(&job.name),
        Arc::clone(run),
        surroundings,
        clock.clone(),
        &alive,
    );
    let (body, its_cx) = (Arc::clone(&job.body), cx.clone());
    let mut errand = Errand::begin(&stage, &cx, Some(alive), move || body.run(its_cx));
    let worked = until_limit(&mut errand, &clock, job.timeout, &mut stop).await;
    let has_ended = matches!(worked, Worked::Ended(_));
    let result = match worked {
        Worked::Ended(result) => errand.let_go(result, || engine.suspect(&job.name)).await,
        Worked::Stopped(error) => {
            errand.abort();
            engine.suspect(&job.name);
            if !working.gone(GRACE).await {
                job.hang(working.clone());
            }
            Err(error)
        }
    };
    let mut result = clean(engine, &cx, &mut working, result).await;
    if !has_ended && !stop.is_shut() {
        result = cx.unreturned().into_iter().fold(result, beneath);
    }
    // What a request finds is worth nothing once nobody asks for it.
    let turn = timeout(GRACE, cx.edge().lock_owned()).await;
    if turn.is_err() && has_ended {
        cx.note_fault(plain(
            "a request to the application was still under way when the test ended: await it in the test",
        ));
    }
    let remains = cx.remains();
    drop(turn);
    finisher::finish_late(&cx, remains.finishers);
    result = remains.faults.into_iter().rev().fold(result, beneath);
    let letting_go = match remains.fixtures {
        Some(fixtures) => {
            // One that stands still would keep them for ever.
            let stage = engine.stage_for_tests().await.unwrap_or(stage);
            let (alive, scene) = (cx.alive_again(&mut working), cx.scene());
            let letting_go = watched(cx.scene(), async move {
                let _alive = alive;
                fixtures.let_go(&scene)
            });
            Some(stage.spawn(letting_go))
        }
        None => None,
    };
    let coordinator = engine.coordinator();
    let sessions: Vec<_> = remains
        .sandboxes
        .iter()
        .map(|sandbox| Arc::clone(sandbox.session()))
        .collect();
    let ending = cx.spell(Part::Sandbox);
    let finished = join_all(
        remains
            .sandboxes
            .into_iter()
            .map(|sandbox| sandbox.finish(coordinator)),
    )
    .await;
    drop(ending);
    let (verdicts, pauses): (Vec<_>, Vec<_>) = finished.into_iter().unzip();
    if let Some(letting_go) = letting_go {
        result = let_go_in_time(result, letting_go, || engine.suspect(&job.name)).await;
    }
    let has_failed = !is_good(&result);
    let explained = explained(&result, &sessions);
    if explained.is_none() && !has_ended {
        // Of a test that has ended this was asked where its error was whole.
        result = result.map_err(|error| remarked(error, &sessions));
    }
    let mut found: Vec<_> = remains
        .problems
        .into_iter()
        .chain(verdicts)
        .chain(explained)
        .filter(|verdict| !verdict.is_rolled_back())
        .collect();
    if let Some(failure) = cx.building().failure() {
        // Where it was the factory that held the sandbox, it is not the sandbox's fault.
        found.retain(|verdict| {
            failure.came_late || !matches!(verdict, RollbackVerdict::PastLimit { .. })
        });
        // Before the next test has a sandbox. What the database met is another test's to meet.
        if found.is_empty() {
            unbuilt.tell(failure.told);
        }
    }
    if let Some(pause) = pauses.into_iter().max().filter(|pause| !pause.is_zero()) {
        let permit = remains.permit;
        coordinator.spawn(async move {
            sleep(pause).await;
            drop(permit);
        });
    } else {
        drop(remains.permit);
    }
    result = building_told(judge(result, found, job), cx.building().took());
    if let Some(last) = remains.last_error.filter(|_| has_failed) {
        result = result.map_err(|error| last.tell(error));
    }
    let transient = is_transient(&result);
    let gone = working.gone(GRACE).await;
    if !gone {
        engine.hangs();
        result = Err(hung(result, job, working));
    }
    let times = clock.times();
    Ended {
        result,
        duration: times.counted(),
        times: Some(times),
        requests: remains.requests,
        transient: transient && gone,
    }
}

/// How the work ended.
enum Worked {
    Ended(Result),
    Stopped(Error),
}

/// Waits for the work, until the first limit that it meets.
async fn until_limit(work: &mut Errand, clock: &Clock, limit: Duration, stop: &mut Stop) -> Worked {
    Worked::Stopped(loop {
        let left = limit.saturating_sub(clock.elapsed());
        let until_stop = stop.at.saturating_duration_since(Instant::now());
        if until_stop.is_zero() {
            break stop.run_limit();
        }
        if left.is_zero() {
            let limit = humantime::format_duration(limit);
            break plain(format_args!("took longer than its limit of {limit}"));
        }
        tokio::select! {
            biased;
            ended = work.ended() => {
                let cancelled = || Err(plain("cancelled: its runtime was shut down"));
                return Worked::Ended(ended.unwrap_or_else(cancelled));
            }
            () = stop.shut() => break shutting_down(),
            () = sleep(left.min(until_stop)) => {}
        }
    })
}

/// Runs the finishers where tests run, each for a bounded time; the result with what went wrong then.
async fn clean(
    engine: &Engine,
    cx: &Context,
    working: &mut HandleWatch,
    mut result: Result,
) -> Result {
    let mut alive = None;
    while let Some(finisher) = cx.next_finisher() {
        alive.get_or_insert_with(|| cx.alive_again(working));
        if let Err(error) = finish(engine, cx, finisher).await {
            let message = format!("tear-down failed: {}", error.message());
            result = beside(result, error.reworded(message));
        }
    }
    result
}

async fn finish(engine: &Engine, cx: &Context, finisher: Finisher) -> Result {
    let stage = engine.stage_for_tests().await?;
    finisher::finish(cx, &stage, finisher, || engine.suspect(&cx.names().0)).await
}

/// Whether nothing went wrong in the test itself.
fn is_good(result: &Result) -> bool {
    let error = result.as_ref().err();
    error.is_none_or(|error| error.kind() == ErrorKind::Skipped)
}

/// What went wrong beneath the test explains what the test says, and counts more.
fn beneath(result: Result, fault: Error) -> Result {
    Err(match result {
        Err(seen) if seen.kind() != ErrorKind::Skipped => fault.seen_as(seen),
        _ => fault,
    })
}

/// What the sandboxes say counts more than what the test says.
fn judge(result: Result, found: Vec<RollbackVerdict>, job: &Job) -> Result {
    let (unproven, found): (Vec<_>, Vec<_>) = found.into_iter().partition(is_unproven);
    let barring = found
        .iter()
        .find_map(|verdict| Some((verdict, barred(verdict)?)));
    if let Some((_, why)) = barring {
        job.bar(why);
    }
    let worst = barring
        .map(|(verdict, _)| verdict)
        .or_else(|| found.iter().find(|found| found.may_have_left_something()))
        .or(found.first());
    let bypass = unproven.first();
    let counted = bypass.filter(|_| is_good(&result));
    // Whatever else was found: the next execution would leave it again.
    let mut all = found.iter().chain(counted);
    if let Some(leaves) = all.find(|verdict| leaves_each_time(verdict)) {
        job.rest(leaves.to_string());
    } else if found.is_empty() && result.is_ok() {
        job.rested();
    }
    let said =
        |verdict: &RollbackVerdict| Error::from(verdict.clone()).plain(None).with_place(None);
    match (worst, bypass) {
        (Some(worst), _) => beneath(result, said(worst)),
        // An answer of 5xx says itself what is wrong, wherever it was not expected.
        (None, Some(bypass)) if is_good(&result) || !has_failed(bypass) => {
            beside(result, said(bypass))
        }
        _ => result,
    }
}

/// Whether a request took no connection and did not succeed either: it may not have come to that.
fn is_unproven(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Bypassed { end, .. } if *end != RequestEnd::Succeeded)
}

fn has_failed(bypass: &RollbackVerdict) -> bool {
    matches!(bypass, RollbackVerdict::Bypassed { end, .. } if *end == RequestEnd::Failed)
}

/// Why a test must not run again in this process, where data may have stayed.
fn barred(verdict: &RollbackVerdict) -> Option<&'static str> {
    match verdict {
        RollbackVerdict::Escaped { .. } => {
            Some("its transaction ended before the rollback, and DATA MAY HAVE BEEN COMMITTED")
        }
        _ => None,
    }
}

/// Whether the test does at each execution what may leave something behind, though nobody can say
/// whether it did.
fn leaves_each_time(verdict: &RollbackVerdict) -> bool {
    matches!(
        verdict,
        RollbackVerdict::Bypassed { .. } | RollbackVerdict::NonTransactional { .. }
    )
}

/// What the sandboxes know of a failure: what they read in the error where it ended, or else what
/// they saw. Nothing is left in the error that would be the user's.
fn explained(result: &Result, sessions: &[Arc<dyn Session>]) -> Option<RollbackVerdict> {
    let error = result.as_ref().err()?;
    if error.kind() == ErrorKind::Skipped {
        return None;
    }
    let read = error.downcast_ref::<Explained>();
    read.map(|read| read.verdict.clone())
        .or_else(|| sessions.iter().find_map(|session| session.explain(error)))
}

fn is_transient(result: &Result) -> bool {
    verdict(result).is_some_and(RollbackVerdict::is_transient)
}

fn verdict(result: &Result) -> Option<&RollbackVerdict> {
    result.as_ref().err()?.downcast_ref()
}

/// Says of a sandbox that was held for too long how much of that the factory took.
fn building_told(result: Result, took: Option<Duration>) -> Result {
    let took = took.filter(|took| *took >= TOLD);
    let past_limit = matches!(verdict(&result), Some(RollbackVerdict::PastLimit { .. }));
    match (result, took) {
        (Err(error), Some(took)) if past_limit => {
            let message = format!(
                "{}; it took {took:.1?} to build the application under test",
                error.message()
            );
            Err(error.reworded(message))
        }
        (result, _) => result,
    }
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

fn shutting_down() -> Error {
    plain("stopped: the runner is shutting down")
}

/// An error of the runner's own, which has no place in the user's code.
fn plain(message: impl std::fmt::Display) -> Error {
    Error::msg(message).with_place(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past_limit() -> Error {
        let limit = "2s".to_owned();
        Error::from(RollbackVerdict::PastLimit { limit })
    }

    #[test]
    fn a_job_that_may_leave_something_rests_whatever_else_was_found() {
        let supplies = crate::providers::Supplies::default();
        let test = crate::Test::new("a", || {});
        let limit = Duration::from_secs(10);
        let job = Job::of_test(&test, limit, &crate::Providers::new(&supplies));
        for _ in 0..2 {
            assert!(job.refusal().is_none());
            let cause = "it did not answer".to_owned();
            let tables = vec!["plain".to_owned()];
            let found = vec![
                RollbackVerdict::Unknown { cause },
                RollbackVerdict::NonTransactional { tables },
            ];
            let said = judge(Ok(()), found, &job).unwrap_err().to_string();
            assert!(said.contains("could not be confirmed"), "{said}");
        }
        let said = job.refusal().unwrap().to_string();
        assert!(said.starts_with("not run before 2"), "{said}");
        assert!(said.contains("plain"), "{said}");
    }

    #[test]
    fn a_sandbox_past_its_limit_tells_how_long_the_factory_took() {
        let told = building_told(Err(past_limit()), Some(Duration::from_millis(1900)));
        let said = told.unwrap_err().to_string();
        assert!(said.starts_with(past_limit().message()), "{said}");
        let end = "; it took 1.9s to build the application under test";
        assert!(said.ends_with(end), "{said}");
        for took in [None, Some(Duration::from_millis(3))] {
            let told = building_told(Err(past_limit()), took).unwrap_err();
            assert_eq!(told.message(), past_limit().message());
        }
        let other = building_told(Err(plain("no")), Some(Duration::from_secs(1)));
        assert_eq!(other.unwrap_err().message(), "no");
    }
}
