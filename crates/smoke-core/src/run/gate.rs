//! Who gets a run of their own, who shares one, and who has to wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use smoke_report::{Reason, Report};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::budget::Budget;
use super::patience::Asked;
use super::wish::Wish;
use crate::{Limits, Selection};

const MINUTE: Duration = Duration::from_secs(60);
/// How many reports are kept that answer equal questions no longer, but where no run may start.
const MOST_KEPT: usize = 16;

/// A report, and how fresh it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// What the run found.
    pub report: Arc<Report>,
    /// When the run began: nothing in the report is older.
    pub started: SystemTime,
    /// How long ago the run ended; zero for who waited for it.
    pub age: Duration,
    /// After how long it is worth asking again, where the run did not begin.
    pub retry_after: Option<Duration>,
    /// Why there is no test's outcome, in one word.
    pub reason: Option<Reason>,
}

/// How a run stands.
#[derive(Clone)]
pub(crate) enum Stand {
    /// It waits for its place.
    Waiting,
    /// It has its place, and its time counts from then.
    Begun(Instant),
    /// It has ended.
    Landed(Landed),
}

/// A run that somebody waits for.
struct Flight {
    number: u64,
    run: Arc<str>,
    selection: Arc<Selection>,
    stand: watch::Receiver<Stand>,
    /// What was asked for: a schedule's takes nobody's place, and one that was asked for alone answers
    /// nobody else.
    wish: Wish,
    /// Until when there is somebody for whom it may begin.
    wanted: Instant,
}

#[derive(Clone)]
pub(crate) struct Landed {
    pub(crate) answer: Answer,
    pub(crate) at: Instant,
    /// The place of the run among all; a clock may be set back meanwhile.
    number: u64,
}

/// What somebody who asks is given.
pub(crate) enum Admission {
    /// The report of a run that has ended.
    Finished(Landed),
    /// A run that is under way, or waits for its place.
    Joined(Ride),
    /// A run to be started.
    Start(Ticket),
    /// Nothing, for a while.
    Busy(Duration),
}

/// A run of somebody else's, or of one's own.
pub(crate) struct Ride {
    pub(crate) run: Arc<str>,
    pub(crate) stand: watch::Receiver<Stand>,
}

/// The right to start one run, and the duty to say how it ended.
///
/// A ticket that is dropped (the run panicked) gives its place back, and nobody waits for it.
pub(crate) struct Ticket {
    number: u64,
    pub(crate) run: Arc<str>,
    state: Arc<Mutex<State>>,
    places: Arc<Semaphore>,
    /// When it was given its place, where there was one at once.
    place: Option<(OwnedSemaphorePermit, Instant)>,
    stand: watch::Sender<Stand>,
}

/// Lets runs in: some at once, a few that wait, and so many starts a minute.
pub(crate) struct Turnstile {
    places: Arc<Semaphore>,
    /// One for each schedule.
    scheduled: Arc<Semaphore>,
    most: usize,
    reuse: Duration,
    state: Arc<Mutex<State>>,
}

struct State {
    next: u64,
    flights: Vec<Flight>,
    finished: Vec<(Arc<Selection>, Landed)>,
    budget: Budget,
}

impl Turnstile {
    pub(crate) fn new(limits: &Limits, schedules: usize) -> Self {
        let state = State {
            next: 0,
            flights: Vec::new(),
            finished: Vec::new(),
            budget: Budget::of(limits.starts_per_minute),
        };
        Self {
            places: Arc::new(Semaphore::new(
                limits.runs_at_once.min(Semaphore::MAX_PERMITS),
            )),
            scheduled: Arc::new(Semaphore::new(schedules.min(Semaphore::MAX_PERMITS))),
            most: limits.runs_at_once.saturating_add(limits.runs_waiting),
            reuse: limits.reuse,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Lets in whoever asks for a selection.
    ///
    /// Nobody is told to come later because of others who ask for the same: where no run may
    /// start within this minute, they are given the last report of this minute. A schedule is never
    /// told to: its runs have places of their own, and no budget.
    pub(crate) fn admit(&self, selection: &Arc<Selection>, wish: Wish, asked: Asked) -> Admission {
        let now = asked.at;
        let mut state = self.state();
        state.forget(now, self.reuse);
        if wish == Wish::Scheduled {
            return Admission::Start(self.start(&mut state, selection, wish, asked));
        }
        let any = wish == Wish::Any;
        let finished = state.finished(selection).filter(|_| any).cloned();
        if let Some(landed) = &finished
            && landed.age(now) < self.reuse
        {
            return Admission::Finished(landed.clone());
        }
        if any && let Some(flight) = state.joinable(selection) {
            flight.wanted = flight.wanted.max(asked.begin_by());
            return Admission::Joined(flight.ride());
        }
        if let Some(pause) = state.budget.pause((selection, wish), now) {
            return finished.map_or(Admission::Busy(pause), Admission::Finished);
        }
        let others = state
            .flights
            .iter()
            .filter(|flight| flight.wish != Wish::Scheduled);
        if others.count() >= self.most {
            return Admission::Busy(Duration::from_secs(5));
        }
        state.budget.spend((selection, wish), now);
        Admission::Start(self.start(&mut state, selection, wish, asked))
    }

    fn start(
        &self,
        state: &mut State,
        selection: &Arc<Selection>,
        wish: Wish,
        asked: Asked,
    ) -> Ticket {
        let number = state.next;
        state.next += 1;
        let places = match wish {
            Wish::Scheduled => &self.scheduled,
            Wish::Any | Wish::Fresh | Wish::Alone => &self.places,
        };
        let place = Arc::clone(places).try_acquire_owned().ok();
        let place = place.map(|place| (place, asked.at));
        let begun = place.as_ref().map(|(_, at)| Stand::Begun(*at));
        let stand = watch::Sender::new(begun.unwrap_or(Stand::Waiting));
        let run: Arc<str> = super::runner::run_id().into();
        state.flights.push(Flight {
            number,
            run: Arc::clone(&run),
            selection: Arc::clone(selection),
            stand: stand.subscribe(),
            wish,
            wanted: asked.begin_by(),
        });
        Ticket {
            number,
            run,
            state: Arc::clone(&self.state),
            places: Arc::clone(places),
            place,
            stand,
        }
    }

    /// Takes note of the end of a run and tells everybody who waits for it.
    ///
    /// Only a run that began is worth being asked for again.
    pub(crate) fn land(&self, ticket: Ticket, answer: Answer) {
        let landed = Landed {
            answer,
            at: Instant::now(),
            number: ticket.number,
        };
        let mut state = self.state();
        if let Some(flight) = state.take(ticket.number)
            && flight.wish != Wish::Alone
            && landed.answer.retry_after.is_none()
        {
            state.keep(flight.selection, &landed);
        }
        drop(state);
        ticket.stand.send_replace(Stand::Landed(landed));
    }

    /// How many runs are under way or wait.
    pub(crate) fn in_flight(&self) -> usize {
        self.state().flights.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Forgets reports that answer nobody any more.
    fn forget(&mut self, now: Instant, reuse: Duration) {
        let longest = reuse.max(MINUTE);
        self.finished
            .retain(|(_, landed)| landed.age(now) < longest);
        // Those that landed last are the last.
        let spare = self.finished.len().saturating_sub(MOST_KEPT);
        let mut position = 0;
        self.finished.retain(|(_, landed)| {
            position += 1;
            position > spare || landed.age(now) < reuse
        });
    }

    fn finished(&self, selection: &Arc<Selection>) -> Option<&Landed> {
        let same = self.finished.iter().find(|(known, _)| known == selection);
        same.map(|(_, landed)| landed)
    }

    /// The newest run of a selection, of those that have begun where there is one: who joins it
    /// waits for nobody else's run.
    fn joinable(&mut self, selection: &Arc<Selection>) -> Option<&mut Flight> {
        let same = self.flights.iter_mut();
        let same =
            same.filter(|flight| flight.wish != Wish::Alone && flight.selection == *selection);
        same.max_by_key(|flight| {
            let begun = !matches!(*flight.stand.borrow(), Stand::Waiting);
            (begun, flight.number)
        })
    }

    /// Keeps a report for whoever asks next, unless there is one of a later run.
    fn keep(&mut self, selection: Arc<Selection>, landed: &Landed) {
        let same = self
            .finished
            .iter()
            .position(|(known, _)| *known == selection);
        if let Some(position) = same {
            if self.finished[position].1.number > landed.number {
                return;
            }
            self.finished.remove(position);
        }
        self.finished.push((selection, landed.clone()));
    }

    fn take(&mut self, number: u64) -> Option<Flight> {
        let position = self
            .flights
            .iter()
            .position(|flight| flight.number == number);
        position.map(|position| self.flights.swap_remove(position))
    }

    /// Until when somebody waits for a run to begin. Where nobody does any more, nobody can join
    /// it either.
    fn wanted(&mut self, number: u64, now: Instant) -> Option<Instant> {
        let flight = self.flights.iter().find(|flight| flight.number == number)?;
        let wanted = flight.wanted;
        if wanted <= now {
            self.take(number);
            return None;
        }
        Some(wanted)
    }
}

impl Flight {
    fn ride(&self) -> Ride {
        Ride {
            run: Arc::clone(&self.run),
            stand: self.stand.clone(),
        }
    }
}

impl Ticket {
    pub(crate) fn ride(&self) -> Ride {
        Ride {
            run: Arc::clone(&self.run),
            stand: self.stand.subscribe(),
        }
    }

    /// Waits for the run's place, as long as anybody waits for the run; the place, and from when
    /// the run's time counts.
    pub(crate) async fn place(&mut self) -> Option<(OwnedSemaphorePermit, Instant)> {
        if let Some(place) = self.place.take() {
            return Some(place);
        }
        let mut coming = std::pin::pin!(Arc::clone(&self.places).acquire_owned());
        loop {
            let wanted = lock(&self.state).wanted(self.number, Instant::now())?;
            if let Ok(place) = timeout_at(wanted, &mut coming).await {
                let begun = Instant::now();
                self.stand.send_replace(Stand::Begun(begun));
                return Some((place.ok()?, begun));
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.state).take(self.number);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Landed {
    /// The answer as it is now.
    pub(crate) fn answer(&self) -> Answer {
        Answer {
            age: self.age(Instant::now()),
            ..self.answer.clone()
        }
    }

    fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.at)
    }
}

#[cfg(test)]
mod tests;
