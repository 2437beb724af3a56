//! What begins the tests of a run, each when its turn has come, and hears what became of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use smoke_report::TestReport;
use tokio::sync::{Notify, OwnedMutexGuard, OwnedSemaphorePermit};
use tokio::task::consume_budget;
use tokio::time::{Instant as TokioInstant, timeout_at};

use super::catalogue::Entry;
use super::course::Course;
use super::ended::Ended;
use super::execution::{Execution, Worked};
use super::lane::Lane;
use super::plan::{Next, Plan, Ready, Step, steps};
use super::record::Record;
use super::stop::{Stop, shutting_down};
use super::turn::{Chosen, Held, Turn, What};
use crate::fixture::building::Unbuilt;
use crate::fixture::context::Surroundings;
use crate::stage::Stage;
use crate::{Error, ErrorKind, Result, Skip};

/// What the tests of one run share.
pub(super) struct Run {
    pub(super) course: Course,
    /// Since when its tests wait for their turns.
    began: Instant,
    pub(super) stop: Arc<Stop>,
    pub(super) unbuilt: Unbuilt,
    pub(super) record: Record,
    /// Set once a test, or a hook of a suite, has not passed.
    is_broken: AtomicBool,
    /// Why no test begins any more, where one has not passed and the run is to stop then.
    halted: OnceLock<String>,
    plan: Mutex<Plan>,
    /// Told when there is more to begin, and when nothing will be.
    more: Notify,
    lanes: Mutex<Vec<Arc<Lane>>>,
    /// How many places the run waits for: one, or none. It is counted among those of all runs, too.
    waits: AtomicUsize,
}

impl Run {
    /// A run of these tests, none of which has begun.
    pub(super) fn new(course: Course, stop: Stop, chosen: Vec<usize>) -> Arc<Self> {
        let steps = steps(&course.catalogue, &chosen);
        let suites = steps.iter().filter(|step| matches!(step, Step::Suite(_)));
        let suites = suites.count();
        let plan = if course.selection.is_pipeline() {
            Plan::by_kind(&course.catalogue, steps)
        } else {
            Plan::new(steps)
        };
        Arc::new(Self {
            record: Record::new(&course.id, chosen, suites, course.watchers.clone()),
            course,
            began: Instant::now(),
            stop: Arc::new(stop),
            unbuilt: Unbuilt::default(),
            is_broken: AtomicBool::new(false),
            halted: OnceLock::new(),
            plan: Mutex::new(plan),
            more: Notify::new(),
            lanes: Mutex::default(),
            waits: AtomicUsize::new(0),
        })
    }

    /// Begins lanes as long as there are tests that have not begun, and places for them.
    pub(super) async fn conduct(self: Arc<Self>) {
        while !self.record.is_complete() {
            if self.plan().is_empty() {
                self.more.notified().await;
                continue;
            }
            match self.place().await {
                Some(place) => {
                    if let Some(turn) = self.next(place) {
                        self.begin(turn);
                    }
                }
                // They are told that nothing begins any more.
                None => {
                    while let Some(turn) = self.turn() {
                        self.ended(turn, Ended::never(self.stop.no_time()));
                    }
                }
            }
            consume_budget().await;
        }
    }

    /// A place for a test, where tests still begin.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let engine = &self.course.engine;
        let tests = Arc::clone(&engine.tests);
        if let Ok(place) = Arc::clone(&tests).try_acquire_owned() {
            return Some(place);
        }
        let _waits = engine.wait(&self.waits);
        let acquiring = timeout_at(TokioInstant::from_std(self.stop.at), tests.acquire_owned());
        tokio::select! {
            biased;
            () = Stop::clone(&self.stop).shut() => None,
            place = acquiring => place.ok()?.ok(),
        }
    }

    /// Whether other runs wait for a place.
    pub(super) fn others_wait(&self) -> bool {
        self.course.engine.waiting() > self.waits.load(Ordering::SeqCst)
    }

    /// The test that is to begin next in that place. What cannot run is over with that.
    pub(super) fn next(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Option<Turn> {
        let mut turn = self.turn()?;
        turn.held.place = Some(place);
        Some(turn)
    }

    fn turn(self: &Arc<Self>) -> Option<Turn> {
        loop {
            let next = self.plan().next()?;
            let turn = match next {
                Next::Ready(Ready::Turn(turn)) => self.admitted(turn),
                Next::Ready(Ready::Test(chosen)) => self.of_test(chosen),
                Next::Step(Step::Test(position)) => self.of_test(Chosen {
                    position,
                    asked: self.began,
                    blocked: None,
                    suite: None,
                }),
                Next::Step(Step::Suite(suite)) => {
                    let course = Arc::clone(self).suite(*suite);
                    self.course.engine.coordinator().spawn(course);
                    None
                }
            };
            if turn.is_some() {
                return turn;
            }
        }
    }

    /// The turn of a test, where it is to be executed and need not wait for others.
    fn of_test(self: &Arc<Self>, chosen: Chosen) -> Option<Turn> {
        let entry = self.course.catalogue.entry(chosen.position);
        if let Some(error) = self.unable(entry, &chosen) {
            self.over(chosen, Ended::never(error));
            return None;
        }
        let engine = &self.course.engine;
        let job = Arc::clone(&entry.job.turn).try_lock_owned().ok();
        let group = entry.test.serial.as_deref().map(|group| {
            let group = engine.group(group);
            group.try_lock_owned().ok()
        });
        let (Some(job), Some(group)) = (job, group.map_or(Some(None), |group| group.map(Some)))
        else {
            engine.coordinator().spawn(Arc::clone(self).wait(chosen));
            return None;
        };
        self.admitted(self.turn_of(chosen, Some(job), group))
    }

    fn turn_of(&self, chosen: Chosen, job: Option<Guard>, group: Option<Guard>) -> Turn {
        Turn {
            what: What::Test(chosen),
            stop: Arc::clone(&self.stop),
            waited: Duration::ZERO,
            first: None,
            held: Held {
                _job: job,
                _group: group,
                place: None,
            },
        }
    }

    /// Waits until nobody else executes the test, nor one of its group, and lets it begin then.
    async fn wait(self: Arc<Self>, chosen: Chosen) {
        let entry = self.course.catalogue.entry(chosen.position);
        let held = async {
            let job = self
                .in_time(Arc::clone(&entry.job.turn).lock_owned())
                .await?;
            let group = match entry.test.serial.as_deref() {
                Some(group) => {
                    let group = self.course.engine.group(group);
                    Some(self.in_time(group.lock_owned()).await?)
                }
                None => None,
            };
            Ok((Some(job), group))
        };
        match held.await {
            Ok((job, group)) => {
                let turn = self.turn_of(chosen, job, group);
                self.add(Ready::Turn(turn));
            }
            Err(error) => self.over(chosen, Ended::never(error)),
        }
    }

    /// Waits for what other tests hold, as long as the run has time for tests.
    pub(super) async fn in_time<T>(&self, waiting: impl Future<Output = T>) -> Result<T> {
        let until = TokioInstant::from_std(self.stop.at);
        let given = timeout_at(until, waiting).await.ok();
        let given = given.filter(|_| Instant::now() < self.stop.at);
        given.ok_or_else(|| self.stop.no_time())
    }

    /// A turn that holds all that it needs, where it is still to begin.
    fn admitted(self: &Arc<Self>, mut turn: Turn) -> Option<Turn> {
        if let Some(refusal) = self.refusal(&turn.what) {
            self.ended(turn, Ended::never(refusal));
            return None;
        }
        if let What::Test(chosen) = &turn.what {
            turn.waited = chosen.asked.elapsed();
            let entry = self.course.catalogue.entry(chosen.position);
            self.record.begun(&entry.test.name);
        }
        Some(turn)
    }

    /// Why something does not begin, now that its turn has come.
    fn refusal(&self, what: &What) -> Option<Error> {
        if self.stop.at <= Instant::now() {
            return Some(self.stop.no_time());
        }
        if self.stop.is_shut() {
            return Some(shutting_down());
        }
        let halted = self.halted().filter(|_| matches!(what, What::Test(_)));
        halted.or_else(|| what.job(&self.course.catalogue).refusal())
    }

    /// Why no test begins any more: somebody halted the run, or it is to stop where one does not pass.
    pub(super) fn halted(&self) -> Option<Error> {
        let skip = |why: &str| Error::from(Skip::new(why)).with_place(None);
        match self.course.halt.reason() {
            Some(reason) => Some(skip(&format!("not run: {reason}"))),
            None => self.halted.get().map(|why| skip(why)),
        }
    }

    /// Why a test is not to be executed, whatever its turn.
    fn unable(&self, entry: &Entry, chosen: &Chosen) -> Option<Error> {
        let course = &self.course;
        if let Some(reason) = course.catalogue.skips(&entry.test, &course.selection) {
            return Some(Error::from(Skip::new(reason)).with_place(None));
        }
        let checked = entry.job.checked.as_ref().err();
        checked.or(chosen.blocked.as_ref()).cloned()
    }

    /// Lets something begin as soon as there is a place for it.
    pub(super) fn add(&self, ready: Ready) {
        self.plan().add(ready);
        self.more.notify_one();
    }

    /// Begins a lane with that turn, on the coordinator.
    pub(super) fn begin(self: &Arc<Self>, turn: Turn) {
        if let Some(stage) = self.course.engine.unsuspected_stage() {
            return self.begin_on(stage, turn);
        }
        let run = Arc::clone(self);
        tokio::spawn(async move {
            let stage = run.course.engine.stage_for_tests().await;
            run.begin_on(stage, turn);
        });
    }

    fn begin_on(self: &Arc<Self>, stage: Result<Stage>, turn: Turn) {
        let unable = if turn.stop.is_shut() {
            Err(shutting_down())
        } else {
            stage
        };
        match unable {
            Ok(stage) => Lane::begin(self, turn, stage),
            Err(error) => drop(self.ended(turn, Ended::never(error))),
        }
    }

    /// Ends on the coordinator what an execution began, and has it tried once more where that may
    /// help.
    pub(super) fn conclude(self: &Arc<Self>, execution: Execution, worked: Worked) {
        let run = Arc::clone(self);
        self.course.engine.coordinator().spawn(async move {
            let (turn, ended) = execution.conclude(&run, worked).await;
            run.ended(turn, ended);
        });
    }

    /// Takes note of what became of a turn. Its place, where it is over.
    pub(super) fn ended(
        self: &Arc<Self>,
        mut turn: Turn,
        ended: Ended,
    ) -> Option<OwnedSemaphorePermit> {
        let may_repeat = match &turn.what {
            What::Test(chosen) => {
                !self
                    .course
                    .catalogue
                    .entry(chosen.position)
                    .test
                    .destructive
            }
            What::Hook { .. } => false,
        };
        let may_try = turn.first.is_none() && Instant::now() < self.stop.at && !self.stop.is_shut();
        if ended.transient && may_repeat && may_try {
            turn.first = Some(Box::new(ended));
            let run = Arc::clone(self);
            let again = async move { run.begin(turn) };
            self.course.engine.coordinator().spawn(again);
            return None;
        }
        let mut ended = match turn.first {
            Some(first) => ended.after(*first),
            None => ended,
        };
        match turn.what {
            What::Test(chosen) => {
                if let Some(times) = &mut ended.times {
                    times.waiting += turn.waited;
                }
                self.over(chosen, ended);
            }
            What::Hook { told, advisory, .. } => {
                let error = ended.result.as_ref().err();
                let is_good = error.is_none_or(|error| error.kind() == ErrorKind::Skipped);
                self.halt_unless(is_good || advisory);
                let _ = told.send(ended);
            }
        }
        turn.held.place
    }

    /// A test is over, whether or not it was executed.
    fn over(&self, chosen: Chosen, ended: Ended) {
        let entry = self.course.catalogue.entry(chosen.position);
        self.course.catalogue.tally.ended(&ended.result);
        let report = entry.report(ended);
        self.halt_unless(report.outcome.is_good());
        match chosen.suite {
            Some(suite) => drop(suite.send((chosen.position, report))),
            None => self.noted(chosen.position, report),
        }
    }

    /// Takes note of what does not pass. Has nothing more begin where the run is to stop at the first:
    /// before the next test is given this one's place.
    fn halt_unless(&self, is_good: bool) {
        if is_good {
            return;
        }
        self.is_broken.store(true, Ordering::SeqCst);
        if self.course.selection.is_fail_fast() {
            let why = "not run: another test did not pass, and the run stops at the first";
            self.halted.get_or_init(|| why.to_owned());
        }
    }

    /// Nothing more is to be known of a test.
    pub(super) fn noted(&self, position: usize, report: TestReport) {
        self.record.over(position, report);
        self.look_up();
    }

    /// Has whoever waits for more see when there is more, and when there is none.
    pub(super) fn look_up(&self) {
        if self.goes_on() || self.record.is_complete() {
            self.more.notify_one();
        }
    }

    /// Has the tests of the next kind begin where those before it are over, and passed. Where they did
    /// not, the next ones begin only to be skipped.
    fn goes_on(&self) -> bool {
        if !self.course.selection.is_pipeline() {
            return false;
        }
        let mut plan = self.plan();
        let Some(kind) = plan.over(self.record.left()) else {
            return false;
        };
        if self.is_broken.load(Ordering::SeqCst) {
            self.halted.get_or_init(|| {
                format!("not run: a test of kind {kind} did not pass, and the pipeline stops there")
            });
        }
        plan.advance();
        true
    }

    /// What the tests have around them that live there.
    pub(super) fn surroundings(&self, stage: &Stage) -> Arc<Surroundings> {
        let arrival = self.course.arrival.get();
        let artifacts = self.course.artifacts.as_ref();
        self.course
            .engine
            .surroundings(stage.clone(), arrival, artifacts, &self.unbuilt)
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Vec<Arc<Lane>>> {
        lock(&self.lanes)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }

    /// The shortest limit of what the run may execute.
    pub(super) fn shortest_limit(&self) -> Duration {
        self.course.catalogue.shortest_limit()
    }
}

type Guard = OwnedMutexGuard<()>;

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
