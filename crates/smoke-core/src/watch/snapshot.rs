//! What probe paths read, and what they answer from it. Nothing here waits or changes anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smoke_report::{DownTest, Reason, ScheduleStanding, Scope, Standing, Verdict};

use super::probe::{Circumstances, Judgement, Probe};

/// A schedule, as it is judged.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Which tests it runs.
    pub(crate) selection: String,
    pub(crate) period: Duration,
    /// How long a run of it may take.
    pub(crate) limit: Duration,
}

/// The newest run of a schedule.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) run: String,
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<Reason>,
    pub(crate) began: Instant,
}

/// A test that is down.
#[derive(Clone, Debug)]
pub(crate) struct Down {
    pub(crate) test: String,
    pub(crate) scope: Scope,
    pub(crate) since: Instant,
    /// Until when that counts.
    pub(crate) until: Instant,
    pub(crate) failures: u32,
    pub(crate) cause: String,
}

/// One for each schedule, where there is one.
pub(super) type Moments = Vec<Option<Instant>>;

/// What is known, as of the last scheduled run.
#[derive(Debug)]
pub(crate) struct Snapshot {
    plans: Arc<[Plan]>,
    newest: Vec<Option<Newest>>,
    begun: Moments,
    due: Moments,
    /// Whether each schedule has found a PASS in this process.
    passed: bool,
    /// When the schedules began; before that, when the runner was made.
    since: Instant,
    instance: Vec<Down>,
    shared: Vec<Down>,
    /// Until when the instance is down, and what all share.
    down_until: Option<Instant>,
    degraded_until: Option<Instant>,
}

impl Snapshot {
    pub(crate) fn new(
        plans: Arc<[Plan]>,
        (newest, begun, due): (Vec<Option<Newest>>, Moments, Moments),
        passed: bool,
        since: Instant,
        (instance, shared): (Vec<Down>, Vec<Down>),
    ) -> Self {
        let until = |down: &[Down]| down.iter().map(|down| down.until).max();
        Self {
            down_until: until(&instance),
            degraded_until: until(&shared),
            plans,
            newest,
            begun,
            due,
            passed,
            since,
            instance,
            shared,
        }
    }

    /// Whether the first run of each schedule has ended, or its time has passed.
    pub(crate) fn has_begun(&self, now: Instant) -> bool {
        let limit = self.plans.iter().map(|plan| plan.limit).max();
        self.newest.iter().all(Option::is_some)
            || limit.is_none_or(|limit| now >= self.since + limit)
    }

    /// The verdict of a probe path.
    pub(crate) fn judge(&self, probe: Probe, at: &Circumstances) -> Judgement {
        match probe {
            Probe::Live if at.draining => Judgement::pass(Some(Reason::Draining)),
            Probe::Live => Judgement::pass(None),
            Probe::Startup if at.off => Judgement::pass(Some(Reason::Off)),
            Probe::Startup if at.begun => Judgement::pass(None),
            Probe::Startup => Judgement::fail(Some(Reason::Starting)),
            Probe::Ready => self.ready(at),
            Probe::Status => self.status(at),
        }
    }

    /// Fails only for what is certain: traffic fails open.
    fn ready(&self, at: &Circumstances) -> Judgement {
        let now = at.now;
        if at.draining {
            Judgement::fail(Some(Reason::Draining))
        } else if at.off {
            Judgement::pass(Some(Reason::Off))
        } else if at.dead {
            Judgement::pass(Some(Reason::Dead))
        } else if !at.begun {
            Judgement::fail(Some(Reason::Starting))
        } else if at.hold && !self.passed && !self.is_idle(now) {
            Judgement::fail(Some(Reason::Held))
        } else if self.down_until.is_some_and(|until| now <= until) {
            Judgement::fail(Some(Reason::Down))
        } else if self.is_stale(now) {
            Judgement::pass(Some(Reason::Stale))
        } else if self.degraded_until.is_some_and(|until| now <= until) {
            Judgement::pass(Some(Reason::Degraded))
        } else {
            Judgement::pass(None)
        }
    }

    /// Passes only for what is known: a verdict fails closed.
    fn status(&self, at: &Circumstances) -> Judgement {
        let failing = |newest: &&Newest| !newest.verdict.is_pass();
        if at.off {
            Judgement::fail(Some(Reason::Off))
        } else if at.dead {
            Judgement::fail(Some(Reason::Dead))
        } else if let Some(newest) = self.newest.iter().flatten().find(failing) {
            Judgement::fail(newest.reason)
        } else if self.is_stale(at.now) {
            let why = if at.draining {
                Reason::Draining
            } else {
                Reason::Stale
            };
            Judgement::fail(Some(why))
        } else if self.newest.is_empty() || self.newest.iter().any(Option::is_none) {
            Judgement::fail(Some(Reason::Unknown))
        } else {
            Judgement::pass(None)
        }
    }

    /// Whether a schedule has not said anything for too long.
    fn is_stale(&self, now: Instant) -> bool {
        let mut schedules = self.plans.iter().zip(&self.newest);
        schedules.any(|(plan, newest)| {
            let last = newest.as_ref().map_or(self.since, |newest| newest.began);
            now > last + plan.lasts()
        })
    }

    /// Whether a schedule has not begun anything for too long: nobody will release what it holds. One
    /// whose runs take their whole limit may be stale between two of them, and is not idle.
    fn is_idle(&self, now: Instant) -> bool {
        let mut schedules = self.plans.iter().zip(&self.begun);
        schedules.any(|(plan, begun)| now > begun.unwrap_or(self.since) + plan.lasts())
    }

    /// When the oldest run began that a verdict rests on.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let began = self.newest.iter().flatten().map(|newest| newest.began);
        began.min()
    }

    /// Everything that is known, for whoever may see it.
    pub(crate) fn tell(&self, standing: &mut Standing, now: Instant) {
        let told = |down: &[Down]| -> Vec<DownTest> {
            let fresh = down.iter().filter(|down| now <= down.until);
            fresh.map(|down| down.told(now)).collect()
        };
        (standing.down, standing.degraded) = (told(&self.instance), told(&self.shared));
        let schedules = self.plans.iter().zip(&self.newest).zip(&self.due);
        standing.schedules = schedules
            .map(|((plan, newest), due)| plan.told(newest.as_ref(), *due, now))
            .collect();
    }
}

impl Plan {
    fn told(
        &self,
        newest: Option<&Newest>,
        due: Option<Instant>,
        now: Instant,
    ) -> ScheduleStanding {
        let mut schedule = ScheduleStanding::new(&self.selection, self.period);
        schedule.next = due.map(|due| due.saturating_duration_since(now));
        match newest {
            None => schedule,
            Some(newest) => {
                let age = now.saturating_duration_since(newest.began);
                schedule.with_newest(&newest.run, newest.verdict, age)
            }
        }
    }
}

impl Down {
    fn told(&self, now: Instant) -> DownTest {
        let since = now.saturating_duration_since(self.since);
        DownTest::new(&self.test, since, self.failures).with_cause(&self.cause)
    }
}
