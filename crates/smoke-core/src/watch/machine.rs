//! What is known from scheduled runs. Fed with each of them and the time, and with nothing else: no
//! stranger's request moves it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smoke_report::{Change, Outcome, Reason, Report, Scope, TestReport, TestState};

use super::health::{Evidence, Health, Thresholds};
use super::snapshot::{Down, Moments, Newest, Plan, Snapshot};

/// More of a cause is not kept between runs, in characters.
const CAUSE: usize = 200;

/// A scheduled run that has ended.
#[derive(Debug)]
pub(crate) struct Ran<'r> {
    /// Whose: the position of the schedule.
    pub(crate) schedule: usize,
    /// When it was begun: nothing that it says is older.
    pub(crate) began: Instant,
    pub(crate) report: &'r Report,
    /// Why there was no run, where there was none.
    pub(crate) reason: Option<Reason>,
}

/// What is believed of each test, and what each schedule found last.
#[derive(Debug)]
pub(crate) struct Machine {
    plans: Arc<[Plan]>,
    thresholds: Thresholds,
    tests: HashMap<String, Tested>,
    newest: Vec<Option<Newest>>,
    /// When each schedule's newest run was begun, whether or not it has ended.
    begun: Moments,
    /// When each schedule's next run begins, while none is under way.
    due: Moments,
    /// Whether the schedule ever found a PASS.
    passed: Vec<bool>,
    since: Instant,
}

#[derive(Debug)]
struct Tested {
    scope: Scope,
    health: Health,
    /// Until when what is believed counts.
    until: Instant,
    cause: String,
    /// What the newest run found.
    outcome: Outcome,
    duration: Duration,
}

/// What the newest scheduled run found of a test.
#[cfg(feature = "metrics")]
#[derive(Clone, Debug)]
pub(crate) struct TestMeasure {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
    pub(crate) down: bool,
}

impl Machine {
    pub(crate) fn new(plans: Arc<[Plan]>, thresholds: Thresholds, now: Instant) -> Self {
        Self {
            newest: plans.iter().map(|_| None).collect(),
            begun: vec![None; plans.len()],
            due: vec![None; plans.len()],
            passed: vec![false; plans.len()],
            plans,
            thresholds,
            tests: HashMap::new(),
            since: now,
        }
    }

    /// The schedules begin now.
    pub(crate) fn start(&mut self, now: Instant) {
        self.since = now;
    }

    /// The next run of the schedule at this position begins then; none is planned while one is under way.
    pub(crate) fn plan(&mut self, schedule: usize, due: Option<Instant>) {
        if let Some(known) = self.due.get_mut(schedule) {
            *known = due;
        }
    }

    /// A run of the schedule at this position begins.
    pub(crate) fn begin(&mut self, schedule: usize, now: Instant) {
        if let Some(begun) = self.begun.get_mut(schedule) {
            *begun = Some(now).max(*begun);
        }
    }

    /// A scheduled run has ended. Returns what is believed otherwise now.
    pub(crate) fn learn(&mut self, ran: &Ran<'_>, now: Instant) -> Vec<Change> {
        let Some(plan) = self.plans.get(ran.schedule) else {
            return Vec::new();
        };
        let (verdict, until) = (ran.report.verdict(), ran.began + plan.lasts());
        self.begin(ran.schedule, ran.began);
        self.newest[ran.schedule] = Some(Newest {
            run: ran.report.run.clone(),
            verdict,
            reason: ran.reason,
            began: ran.began,
        });
        // Where all of its tests are skipped, none can pass, and that is nobody's fault.
        let tests = &ran.report.tests;
        let runs_none = tests.iter().all(|test| test.outcome == Outcome::Skipped);
        self.passed[ran.schedule] |= verdict.is_pass() || (runs_none && !tests.is_empty());
        let mut changes = Vec::new();
        for test in &ran.report.tests {
            if let Some(mut change) = self.learn_of(test, (until, now)) {
                change.run.clone_from(&ran.report.run);
                change.build.clone_from(&ran.report.build);
                change.instance.clone_from(&ran.report.instance);
                changes.push(change);
            }
        }
        changes
    }

    fn learn_of(&mut self, test: &TestReport, (until, now): (Instant, Instant)) -> Option<Change> {
        if !self.tests.contains_key(&test.name) {
            let fresh = Tested {
                scope: test.scope,
                health: Health::default(),
                until,
                cause: String::new(),
                outcome: test.outcome,
                duration: test.duration,
            };
            self.tests.insert(test.name.clone(), fresh);
        }
        let tested = self.tests.get_mut(&test.name)?;
        (tested.outcome, tested.duration) = (test.outcome, test.duration);
        let evidence = evidence(test)?;
        let was = tested.health.state();
        tested.health.learn(evidence, self.thresholds, now);
        tested.until = tested.until.max(until);
        if evidence == Evidence::Fails {
            tested.cause = test.cause().chars().take(CAUSE).collect();
        }
        let is = tested.health.state();
        // Nobody is told that a test works of which nothing was known.
        let changed = was != is && (was, is) != (TestState::Unknown, TestState::Up);
        changed.then(|| {
            let change = Change::new(&test.name, test.scope, was, is);
            match is {
                TestState::Down => change.with_cause(&tested.cause),
                _ => change,
            }
        })
    }

    /// What the newest runs found, test by test.
    #[cfg(feature = "metrics")]
    pub(crate) fn tests(&self) -> Vec<TestMeasure> {
        let tests = self.tests.iter().map(|(name, tested)| TestMeasure {
            name: name.clone(),
            scope: tested.scope,
            outcome: tested.outcome,
            duration: tested.duration,
            down: tested.health.down_since().is_some(),
        });
        tests.collect()
    }

    /// What probe paths read.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut down = self.down();
        down.sort_by(|one, other| one.test.cmp(&other.test));
        let (instance, shared) = down
            .into_iter()
            .partition(|down| down.scope == Scope::Instance);
        Snapshot::new(
            Arc::clone(&self.plans),
            (self.newest.clone(), self.begun.clone(), self.due.clone()),
            self.passed.iter().all(|passed| *passed),
            self.since,
            (instance, shared),
        )
    }

    fn down(&self) -> Vec<Down> {
        let down = self.tests.iter().filter_map(|(name, tested)| {
            Some(Down {
                test: name.clone(),
                scope: tested.scope,
                since: tested.health.down_since()?,
                until: tested.until,
                failures: tested.health.failures(),
                cause: tested.cause.clone(),
            })
        });
        down.collect()
    }
}

/// What a result says of the application. One that the runner had no time for says nothing.
fn evidence(test: &TestReport) -> Option<Evidence> {
    match test.outcome {
        Outcome::Passed => Some(Evidence::Works),
        Outcome::Failed | Outcome::Errored if !test.starved => Some(Evidence::Fails),
        _ => None,
    }
}

impl Plan {
    /// For how long after its beginning a run of the schedule says something: three periods and its
    /// limit.
    pub(crate) fn lasts(&self) -> Duration {
        self.period * 3 + self.limit
    }
}
