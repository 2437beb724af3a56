//! What probe paths answer from: the state that scheduled runs leave, and what is said of it.
//!
//! Scheduled runs feed a [`Machine`]; it leaves a [`Snapshot`], which is all that a probe path reads.
//! No lock here is held while anything runs.

mod health;
mod listeners;
mod machine;
mod pace;
mod probe;
mod schedule;
mod settings;
mod snapshot;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use smoke_report::{Reason, Standing};
use tokio::sync::watch;
use tokio::time::Instant as TokioInstant;

pub(crate) use health::Thresholds;
pub(crate) use machine::Ran;
#[cfg(feature = "metrics")]
pub(crate) use machine::TestMeasure;
pub(crate) use pace::{first, next};
pub(crate) use probe::Judgement;
pub use probe::Probe;
pub use schedule::Schedule;
pub(crate) use settings::{Periods, Settings};
pub(crate) use snapshot::Plan;

use listeners::Listeners;
use machine::Machine;
use probe::Circumstances;
use snapshot::Snapshot;

/// How one runner stands.
#[derive(Debug)]
pub(crate) struct Watch {
    machine: Mutex<Machine>,
    known: RwLock<Snapshot>,
    hold: bool,
    started: AtomicBool,
    dead: AtomicBool,
    /// True once the beginning was over, for good.
    begun: AtomicBool,
    /// When the drain ends, once it has begun.
    draining: watch::Sender<Option<TokioInstant>>,
    listeners: Listeners,
}

impl Watch {
    pub(crate) fn new(plans: Vec<Plan>, thresholds: Thresholds, hold: bool) -> Self {
        let machine = Machine::new(plans.into(), thresholds, Instant::now());
        Self {
            known: RwLock::new(machine.snapshot()),
            machine: Mutex::new(machine),
            hold,
            started: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            draining: watch::Sender::new(None),
            listeners: Listeners::default(),
        }
    }

    /// The schedules begin; whether they had not begun before.
    pub(crate) fn start(&self, now: Instant) -> bool {
        let first = !self.started.swap(true, Ordering::SeqCst);
        if first {
            self.change(|machine| machine.start(now));
        }
        first
    }

    /// The next run of the schedule at this position begins then; none is planned while one is under way.
    pub(crate) fn plan(&self, schedule: usize, due: Option<Instant>) {
        self.change(|machine| machine.plan(schedule, due));
    }

    /// A run of the schedule at this position begins.
    pub(crate) fn begin(&self, schedule: usize, now: Instant) {
        self.change(|machine| machine.begin(schedule, now));
    }

    /// A scheduled run has ended. Listeners are told what that changes, but while the instance drains.
    pub(crate) fn learn(&self, ran: &Ran<'_>, now: Instant) {
        let mut changes = self.change(|machine| machine.learn(ran, now));
        changes.retain(|_| !self.is_draining());
        for change in &changes {
            self.listeners.tell(change);
        }
    }

    /// Whom to tell when a test is down, or up again.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// The scheduler has ended without being told to.
    pub(crate) fn died(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// The beginning is over: runs are switched off, so nobody is to wait for one.
    pub(crate) fn skip_beginning(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    /// The drain begins, or ends earlier than it would have.
    pub(crate) fn drain(&self, until: TokioInstant) -> watch::Receiver<Option<TokioInstant>> {
        self.draining.send_modify(|end| {
            *end = Some(end.map_or(until, |end| end.min(until)));
        });
        self.draining.subscribe()
    }

    /// Some once the drain has begun.
    pub(crate) fn draining(&self) -> watch::Receiver<Option<TokioInstant>> {
        self.draining.subscribe()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.borrow().is_some()
    }

    /// What a probe path answers.
    pub(crate) fn judge(&self, probe: Probe, off: bool, now: Instant) -> Judgement {
        let known = self.known();
        known.judge(probe, &self.circumstances(&known, off, now))
    }

    /// The same with everything that is known. `off` says why runs are switched off, if they are.
    pub(crate) fn standing(&self, probe: Probe, off: Option<&str>, now: Instant) -> Standing {
        let known = self.known();
        let Judgement { verdict, reason } =
            known.judge(probe, &self.circumstances(&known, off.is_some(), now));
        let mut standing = Standing::new(probe.name(), verdict);
        standing.reason = reason;
        standing.reasons = self
            .explained(reason, off)
            .map(str::to_owned)
            .into_iter()
            .collect();
        known.tell(&mut standing, now);
        standing
    }

    /// What the newest scheduled runs found: of each test, and of each schedule.
    #[cfg(feature = "metrics")]
    pub(crate) fn measures(
        &self,
        now: Instant,
    ) -> (Vec<TestMeasure>, Vec<smoke_report::ScheduleStanding>) {
        let mut standing = Standing::new("metrics", smoke_report::Verdict::Pass);
        self.known().tell(&mut standing, now);
        let machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        (machine.tests(), standing.schedules)
    }

    /// When the oldest run began that an answer rests on.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.known().oldest()
    }

    fn circumstances(&self, known: &Snapshot, off: bool, now: Instant) -> Circumstances {
        if !self.begun.load(Ordering::SeqCst) && known.has_begun(now) {
            self.begun.store(true, Ordering::SeqCst);
        }
        Circumstances {
            now,
            off,
            draining: self.is_draining(),
            dead: self.dead.load(Ordering::SeqCst),
            begun: self.begun.load(Ordering::SeqCst),
            hold: self.hold,
        }
    }

    fn explained<'s>(&self, reason: Option<Reason>, off: Option<&'s str>) -> Option<&'s str> {
        let started = self.started.load(Ordering::SeqCst);
        Some(match reason? {
            Reason::Off => off?,
            Reason::Draining => "this instance is about to end",
            Reason::Dead => "the scheduler has ended, and the log says why",
            Reason::Starting | Reason::Stale if !started => {
                "the schedules have not been started: does the application call runner.start()?"
            }
            Reason::Starting => "the first scheduled run has not ended yet",
            Reason::Stale => "a schedule has not told anything for three periods and its limit",
            Reason::Held => "no run of each schedule has passed in this process yet",
            Reason::Nothing => "no test is selected by a schedule",
            Reason::Unknown => "no scheduled run has ended yet, or there is no schedule",
            _ => return None,
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut machine);
        let known = machine.snapshot();
        // Held by nobody for longer than it takes to read a few words.
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        changed
    }

    fn known(&self) -> RwLockReadGuard<'_, Snapshot> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
