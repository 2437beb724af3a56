//! The handle on the runs of one registry.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use smoke_report::{Reason, Report};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinSet;
use tracing::level_filters::LevelFilter;
use uuid::Uuid;

use super::arrivals::{ArrivalOfRun, Arrivals};
use super::ask::Ask;
use super::asker::Asker;
use super::berths::ended;
use super::catalogue::Catalogue;
use super::course::Course;
use super::engine::Engine;
use super::event::Event;
use super::gate::{Admission, Answer, Landed, Ride, Stand, Ticket, Turnstile};
use super::halt::Halt;
use super::patience::{Asked, Late, landing};
use super::plain;
#[cfg(feature = "metrics")]
use super::tally::Tally;
use super::trail::{Denial, Trail};
use crate::access::Access;
#[cfg(feature = "page")]
use crate::history::{Begun, History};
use crate::select::NOTHING;
use crate::watch::{Settings, Watch};
use crate::{Error, Registry, Result, Schedule, Selection, SigningKey, Test, heard, log};

/// How many events a slow watcher may be behind.
const EVENTS: usize = 1024;
/// How many may follow the events from outside at a time.
const PLACES: usize = 32;

/// A cheap, shared handle that owns the runs of one registry.
///
/// Runs live on threads of the runner's own, made at the first run, whoever asks for them and
/// from whatever runtime. A run that is under way when the last handle is dropped goes on to its
/// end; [`shutdown`](Self::shutdown) ends it. The threads outlive the runner, and are the next one's:
/// a client that production shares with the tests may have begun to live there.
///
/// # Examples
///
/// Smoke tests under `cargo test`:
///
/// ```
/// use smoke_core::{Registry, Runner, Selection, Test};
///
/// # fn registry() -> Registry { Registry::new().test(Test::new("shop::opens", async || {})) }
/// #[tokio::test]
/// # async fn unused() {}
/// # #[tokio::main]
/// # async fn main() { smoke_tests_pass().await }
/// async fn smoke_tests_pass() {
///     let report = Runner::new(registry()).run(Selection::slow()).await;
///     assert!(report.verdict().is_pass(), "{report:#?}");
/// }
/// ```
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    catalogue: Arc<Catalogue>,
    gate: Turnstile,
    arrivals: Arrivals,
    engine: Mutex<Option<Arc<Engine>>>,
    paused: AtomicBool,
    shut: watch::Sender<bool>,
    /// Whether there ever was an engine.
    started: AtomicBool,
    /// True once a shutdown is over.
    ended: watch::Sender<bool>,
    watchers: broadcast::Sender<Event>,
    /// Those of whoever follows the events from outside.
    places: Arc<Semaphore>,
    trail: Trail,
    /// What people look at.
    #[cfg(feature = "page")]
    history: History,
    /// What probe paths answer from.
    watch: Arc<Watch>,
}

/// What a run is of, and what it may take.
struct AskedFor {
    selection: Arc<Selection>,
    asked_by: Asker,
    arrival: ArrivalOfRun,
    limit: Duration,
    halt: Halt,
    artifacts: Option<Arc<Path>>,
}

impl Runner {
    /// A runner for a registry. What is wrong with the registry is logged here (`tracing`,
    /// target `smoke`), and makes the runs a FAIL.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        let catalogue = Catalogue::new(registry);
        for problem in catalogue.problems.iter().chain(&catalogue.missing()) {
            tracing::error!(target: "smoke", "{}", crate::redact::redact(problem));
        }
        Self(Arc::new(Inner {
            gate: Turnstile::new(&catalogue.limits, catalogue.schedules.len()),
            watch: Arc::new(catalogue.watch()),
            arrivals: Arrivals::new(),
            catalogue: Arc::new(catalogue),
            engine: Mutex::new(None),
            paused: AtomicBool::new(false),
            shut: watch::Sender::new(false),
            started: AtomicBool::new(false),
            ended: watch::Sender::new(false),
            watchers: broadcast::Sender::new(EVENTS),
            places: Arc::new(Semaphore::new(PLACES)),
            trail: Trail::default(),
            #[cfg(feature = "page")]
            history: History::default(),
        }))
    }

    /// What is wrong with the registry and its tests, as it was logged when the runner was made.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let catalogue = &self.0.catalogue;
        catalogue
            .problems
            .iter()
            .cloned()
            .chain(catalogue.missing())
            .collect()
    }

    /// The registered tests, in the order of their names.
    pub fn tests(&self) -> impl Iterator<Item = &Test> + Clone {
        self.0.catalogue.tests()
    }

    /// The tests that a run of this selection would have, in the order of their names.
    ///
    /// # Errors
    ///
    /// Such a run would be a FAIL: a pattern matches no test or cannot be read, or nothing is
    /// selected.
    pub fn selected(&self, selection: &Selection) -> Result<Vec<&Test>> {
        let catalogue = &self.0.catalogue;
        let chosen = catalogue.choose(selection).map_err(plain)?;
        let tests = chosen.into_iter();
        Ok(tests.map(|at| &catalogue.entry(at).test).collect())
    }

    /// Runs the selected tests anew and says what was found.
    ///
    /// The limits hold here too: a runner that is busy or switched off gives a report that says
    /// so. The run goes on when the returned future is dropped.
    pub async fn run(&self, selection: Selection) -> Report {
        let answer = self.ask(Ask::new(selection).fresh()).await;
        Report::clone(&answer.report)
    }

    /// Answers from a run that has just ended, one that is under way, or a new one.
    ///
    /// Whoever asks is answered within the limit of such a run. The run's own time counts from
    /// where it has its place: one that others kept waiting may still be under way then, and the
    /// answer is "busy"; the run goes on, and answers who asks next.
    pub async fn ask(&self, ask: Ask) -> Answer {
        let wish = ask.wish();
        let Ask {
            selection,
            asked_by,
            arrival,
            within,
            halt,
            artifacts,
            ..
        } = ask;
        // A process that is asked by requests serves.
        let selection = match arrival {
            Some(_) => selection.without_browsers(),
            None => selection,
        };
        if let Some(reason) = self.off() {
            return self.refuse(&asked_by, Denial::Off, reason, None);
        }
        let catalogue = &self.0.catalogue;
        if !catalogue.problems.is_empty() {
            let report = Report::new(run_id()).with_reasons(&catalogue.problems);
            return self.refuse_with(&asked_by, Denial::Registry, report, None);
        }
        let asked = Asked {
            at: tokio::time::Instant::now(),
            limit: within.unwrap_or(catalogue.limits.of_run(selection.is_slow())),
        };
        let selection = Arc::new(selection);
        let ride = match self.0.gate.admit(&selection, wish, asked) {
            Admission::Finished(landed) => return landed.answer(),
            Admission::Joined(ride) => ride,
            Admission::Busy(retry_after) => {
                let reason = "busy: as many runs as the limits allow";
                return self.refuse(&asked_by, Denial::Busy, reason, Some(retry_after));
            }
            Admission::Start(ticket) => {
                let ride = ticket.ride();
                let asked_by = asked_by.clone();
                let engine = self.engine();
                match engine.and_then(|engine| Ok((engine.stage()?, engine))) {
                    Ok((stage, engine)) => {
                        let coordinator = engine.coordinator().clone();
                        let arrival = arrival.or_else(|| self.0.arrivals.last());
                        let arrival = ArrivalOfRun::new(arrival.unwrap_or_default(), stage);
                        let asked_for = AskedFor {
                            selection,
                            asked_by,
                            arrival,
                            limit: asked.limit,
                            halt: halt.unwrap_or_default(),
                            artifacts: artifacts.map(Into::into),
                        };
                        let flying = self.clone().fly(ticket, engine, asked_for);
                        let mut ended = self.0.ended.subscribe();
                        // The coordinator outlives the runner, a run does not: who waits is told.
                        coordinator.spawn(async move {
                            tokio::select! {
                                biased;
                                _ = ended.wait_for(|ended| *ended) => {}
                                () = flying => {}
                            }
                        });
                    }
                    Err(error) => {
                        let (reason, again) = (format!("{error:#}"), Some(Duration::ZERO));
                        let refused = self.refuse(&asked_by, Denial::Broken, &reason, again);
                        self.0.gate.land(ticket, refused);
                    }
                }
                ride
            }
        };
        let run = Arc::clone(&ride.run);
        match self.landed(ride, asked).await {
            Ok(landed) => landed.answer,
            Err(Late::NotBegun) => self.overtaken(&asked_by, asked.limit),
            Err(Late::NotEnded(again)) => {
                let reason = "busy: this run waited for others, and has not ended yet: ask again";
                let report = Report::refused(&*run, reason);
                self.refuse_with(&asked_by, Denial::Busy, report, Some(again))
            }
            Err(Late::Lost) => {
                let reason = "the run was lost: the runner was shut down";
                self.refuse(&asked_by, Denial::Broken, reason, None)
            }
        }
    }

    /// What a run found, as long as somebody waits who asked then.
    async fn landed(&self, ride: Ride, asked: Asked) -> std::result::Result<Landed, Late> {
        let in_time = match *ride.stand.borrow() {
            Stand::Waiting => false,
            Stand::Begun(at) => asked.is_answered_by_one_of(at),
            Stand::Landed(_) => true,
        };
        if in_time {
            return landing(ride.stand).await;
        }
        // Where there is a clock: whoever asks may have none.
        let Ok(engine) = self.engine() else {
            return Err(Late::Lost);
        };
        // A set, so that nothing goes on waiting for somebody who has gone away.
        let mut waiting = JoinSet::new();
        waiting.spawn_on(asked.wait(ride.stand), engine.coordinator());
        match waiting.join_next().await {
            Some(Ok(landed)) => landed,
            _ => Err(Late::Lost),
        }
    }

    /// Starts no runs until [`resume`](Self::resume): each answer is FAIL, "switched off".
    /// The environment variable `SMOKE_OFF=1` does the same, from the start on.
    ///
    /// No traffic is lost for it: `ready` is a PASS meanwhile.
    pub fn pause(&self) {
        self.0.paused.store(true, Ordering::SeqCst);
        self.0.watch.skip_beginning();
    }

    /// Ends what [`pause`](Self::pause) began.
    pub fn resume(&self) {
        self.0.paused.store(false, Ordering::SeqCst);
    }

    /// Starts nothing new, stops the tests that run, rolls back, and is done within two seconds
    /// whatever hangs.
    pub async fn shutdown(&self) {
        self.0.shut.send_replace(true);
        let engine = self.engine_slot().take();
        if let Some(engine) = engine {
            let (runner, over) = (self.clone(), self.0.ended.clone());
            // On a thread of its own: it depends on no runtime, and goes on when nobody waits.
            let ending = move || {
                let end = Instant::now() + engine.timing().shutdown;
                while Instant::now() < end && !(runner.0.gate.in_flight() == 0 && engine.is_idle())
                {
                    std::thread::sleep(Duration::from_millis(2));
                }
                let until = Instant::now() + engine.timing().shutdown_closing;
                let closing = ended(engine.shut(), until.into());
                engine.coordinator().block_on(closing);
                over.send_replace(true);
            };
            if std::thread::Builder::new()
                .name("smoke-shutdown".to_owned())
                .spawn(ending)
                .is_err()
            {
                self.0.ended.send_replace(true);
            }
        } else if !self.0.started.load(Ordering::SeqCst) {
            // Nor will there be an engine: that is asked under the lock that was held above.
            return;
        }
        let _ = self.0.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// What happens in the runs from now on, as it happens.
    ///
    /// A receiver that is more than 1024 events behind loses the oldest, as
    /// [`tokio::sync::broadcast`] has it.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.watchers.subscribe()
    }

    /// The places of whoever follows the events from outside.
    pub(crate) fn places(&self) -> &Arc<Semaphore> {
        &self.0.places
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.catalogue.access
    }

    /// Whether destructive tests run if somebody asks for them who may.
    pub(crate) fn allows_destructive(&self) -> bool {
        let catalogue = &self.0.catalogue;
        catalogue.destructive.is_some() && catalogue.has_destructive()
    }

    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    #[inline]
    pub(crate) fn arrivals(&self) -> &Arrivals {
        &self.0.arrivals
    }

    pub(crate) fn signing_keys(&self) -> &[SigningKey] {
        &self.0.catalogue.signing_keys
    }

    /// The answer to somebody for whom no run is begun.
    pub(crate) fn refuse(
        &self,
        asker: &Asker,
        why: Denial,
        reason: &str,
        retry_after: Option<Duration>,
    ) -> Answer {
        let report = Report::refused(run_id(), reason);
        self.refuse_with(asker, why, report, retry_after)
    }

    fn refuse_with(
        &self,
        asker: &Asker,
        why: Denial,
        mut report: Report,
        retry_after: Option<Duration>,
    ) -> Answer {
        self.0.catalogue.tally.refused(why);
        self.0.trail.refused(asker, why, &report, Instant::now());
        report.build.clone_from(&self.0.catalogue.build);
        report.instance.clone_from(&self.0.catalogue.instance);
        Answer {
            report: Arc::new(report),
            started: SystemTime::now(),
            age: Duration::ZERO,
            retry_after,
            reason: Some(why.reason()),
        }
    }

    /// The answer where a run of that limit did not begin in time.
    fn overtaken(&self, asker: &Asker, limit: Duration) -> Answer {
        let reason = "busy: the runs before this one did not end in time";
        self.refuse(asker, Denial::Busy, reason, Some(limit / 2))
    }

    /// Why no runs start, if they are switched off.
    pub(crate) fn off(&self) -> Option<&'static str> {
        if *self.0.shut.borrow() {
            return Some("switched off: the runner is shut down");
        }
        if self.0.paused.load(Ordering::SeqCst) {
            return Some("switched off: the runner is paused");
        }
        let off = self.settings().off;
        off.then_some("switched off by SMOKE_OFF")
    }

    /// What probe paths answer from.
    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.0.watch
    }

    /// What the environment says.
    pub(crate) fn settings(&self) -> &Settings {
        &self.0.catalogue.settings
    }

    /// The status of a FAIL.
    pub(crate) fn fail_status(&self) -> u16 {
        self.0.catalogue.fail_status
    }

    /// What has come of its runs.
    #[cfg(feature = "metrics")]
    pub(crate) fn tally(&self) -> &Tally {
        &self.0.catalogue.tally
    }

    pub(crate) fn schedules(&self) -> &[Schedule] {
        &self.0.catalogue.schedules
    }

    /// What the last runs found.
    #[cfg(feature = "page")]
    pub(crate) fn history(&self) -> &History {
        &self.0.history
    }

    /// What identifies the build and the instance.
    pub(crate) fn identity(&self) -> (Option<&str>, Option<&str>) {
        let catalogue = &self.0.catalogue;
        (catalogue.build.as_deref(), catalogue.instance.as_deref())
    }

    /// The thread that plans and keeps time, whoever asks from whatever runtime.
    pub(crate) fn coordinator(&self) -> Result<Handle> {
        Ok(self.engine()?.coordinator().clone())
    }

    /// True once the runner is shut down; an error once nobody has it any more.
    pub(crate) fn shut(&self) -> watch::Receiver<bool> {
        self.0.shut.subscribe()
    }

    /// This runner as long as somebody else has it.
    pub(crate) fn weak(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let weak = Arc::downgrade(&self.0);
        move || weak.upgrade().map(Self)
    }

    fn engine(&self) -> Result<Arc<Engine>> {
        let mut engine = self.engine_slot();
        if let Some(engine) = &*engine {
            return Ok(Arc::clone(engine));
        }
        if *self.0.shut.borrow() {
            return Err(Error::msg("the runner is shut down"));
        }
        let started = Arc::new(Engine::start(&self.0.catalogue)?);
        *engine = Some(Arc::clone(&started));
        self.0.started.store(true, Ordering::SeqCst);
        Ok(started)
    }

    fn engine_slot(&self) -> MutexGuard<'_, Option<Arc<Engine>>> {
        self.0.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One run from its ticket to its report, on the coordinator.
    async fn fly(self, mut ticket: Ticket, engine: Arc<Engine>, asked_for: AskedFor) {
        let AskedFor {
            selection,
            asked_by: asker,
            arrival,
            limit,
            halt,
            artifacts,
        } = asked_for;
        let place = ticket.place().await;
        if *self.0.shut.borrow() {
            let (reason, again) = (
                "switched off: the runner is shut down",
                Some(Duration::ZERO),
            );
            let shut = self.refuse(&asker, Denial::Off, reason, again);
            return self.0.gate.land(ticket, shut);
        }
        let Some((_place, began_at)) = place else {
            let busy = self.overtaken(&asker, limit);
            return self.0.gate.land(ticket, busy);
        };
        let started = SystemTime::now();
        let _heard = heard::during_a_run();
        let in_flight = engine.begin_run();
        let course = Course {
            id: Arc::clone(&ticket.run),
            selection: Arc::clone(&selection),
            arrival,
            catalogue: Arc::clone(&self.0.catalogue),
            engine,
            halt,
            artifacts,
            limit,
            began_at: began_at.into_std(),
            shut: self.0.shut.subscribe(),
            watchers: self.0.watchers.clone(),
        };
        #[cfg(feature = "page")]
        let under_way = self.0.history.begin(Begun {
            run: Arc::clone(&ticket.run),
            selection: selection.to_string(),
            asked_by: asker.to_string(),
            started,
            is_public: *selection == Selection::fast(),
            is_whole: [Selection::fast(), Selection::slow()].contains(&selection),
        });
        let report = Arc::new(course.run().await);
        self.0.catalogue.tally.ran(report.verdict());
        in_flight
            .end(began_at + limit - self.0.catalogue.limits.timing.closing)
            .await;
        // Before that is told: whoever hears of it looks here.
        #[cfg(feature = "page")]
        under_way.end(&report);
        let _ = self.0.watchers.send(Event::RunFinished {
            report: Arc::clone(&report),
        });
        // That asks nothing of the application's subscriber.
        if LevelFilter::current() >= LevelFilter::INFO {
            let (asker, selection, report) =
                (asker.clone(), Arc::clone(&selection), Arc::clone(&report));
            log::written(move || Trail::ran(&asker, &selection, &report)).await;
        }
        let answer = Answer {
            report: Arc::clone(&report),
            started,
            age: Duration::ZERO,
            retry_after: None,
            reason: (report.reasons == [NOTHING]).then_some(Reason::Nothing),
        };
        self.0.gate.land(ticket, answer);
        if !report.verdict().is_pass() || report.warned_tests().next().is_some() {
            let catalogue = Arc::clone(&self.0.catalogue);
            // Nobody waits for these lines, and they may be many.
            log::leave(move || Trail::causes(&asker, &report, &catalogue, Instant::now()));
        }
    }
}

pub(super) fn run_id() -> String {
    Uuid::new_v4().to_string()
}

impl From<Registry> for Runner {
    fn from(registry: Registry) -> Self {
        Self::new(registry)
    }
}

impl From<&Runner> for Runner {
    fn from(runner: &Runner) -> Self {
        runner.clone()
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("runs", &self.0.gate.in_flight())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Test;
    use crate::run::wish::Wish;

    #[tokio::test]
    async fn what_has_landed_is_answered_without_the_threads_of_runs() {
        let runner = Runner::new(Registry::new().test(Test::new("a", || {})));
        let asked = Asked {
            at: tokio::time::Instant::now(),
            limit: Duration::from_secs(20),
        };
        let selection = Arc::new(Selection::fast());
        let Admission::Start(ticket) = runner.0.gate.admit(&selection, Wish::Any, asked) else {
            panic!("no run was started");
        };
        let ride = ticket.ride();
        let reason = "the threads for smoke tests could not be started";
        let refused = runner.refuse(&Asker::new("a test"), Denial::Broken, reason, None);
        runner.0.gate.land(ticket, refused);
        // Nor can they be.
        runner.shutdown().await;
        let landed = runner.landed(ride, asked).await;
        let reasons = landed.map(|landed| landed.answer.report.reasons.clone());
        assert_eq!(reasons, Ok(vec![reason.to_owned()]));
    }
}
