//! Who gets a run of their own, who shares one, and who has to wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use smoke_report::Report;
use tokio::sync::{Semaphore, watch};

use super::Limits;
use crate::Selection;

const MINUTE: Duration = Duration::from_secs(60);

/// A report, and how fresh it is.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the run found.
    pub report: Arc<Report>,
    /// When the run began: nothing in the report is older.
    pub started: SystemTime,
    /// How long ago the run ended; zero for who waited for it.
    pub age: Duration,
    /// After how long it is worth asking again, where the run did not begin.
    pub retry_after: Option<Duration>,
}

/// A run that somebody waits for.
struct Flight {
    number: u64,
    selection: Arc<Selection>,
    landed: watch::Receiver<Option<Landed>>,
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
    /// The report of a run that has just ended.
    Finished(Landed),
    /// A run that is under way.
    Joined(watch::Receiver<Option<Landed>>),
    /// A run to be started.
    Start(Ticket),
    /// Nothing, for a while.
    Busy(Duration),
}

/// The right to start one run, and the duty to say how it ended.
///
/// A ticket that is dropped (the run panicked) gives its place back, and nobody waits for it.
pub(crate) struct Ticket {
    number: u64,
    state: Arc<Mutex<State>>,
    pub(crate) places: Arc<Semaphore>,
    landing: watch::Sender<Option<Landed>>,
    pub(crate) landed: watch::Receiver<Option<Landed>>,
}

pub(crate) struct Gate {
    places: Arc<Semaphore>,
    most: usize,
    starts_per_minute: usize,
    reuse: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    next: u64,
    flights: Vec<Flight>,
    finished: Vec<(Arc<Selection>, Landed)>,
    starts: VecDeque<Instant>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(
                limits.runs_at_once.min(Semaphore::MAX_PERMITS),
            )),
            most: limits.runs_at_once.saturating_add(limits.runs_waiting),
            starts_per_minute: limits.starts_per_minute,
            reuse: limits.reuse,
            state: Arc::default(),
        }
    }

    /// Lets in whoever asks for a selection. `fresh` asks for a run that begins now.
    pub(crate) fn admit(&self, selection: &Arc<Selection>, fresh: bool) -> Admission {
        let now = Instant::now();
        let mut state = self.state();
        state
            .finished
            .retain(|(_, landed)| now.duration_since(landed.at) < self.reuse);
        if !fresh {
            if let Some((_, landed)) = state.finished.iter().find(|(known, _)| known == selection) {
                return Admission::Finished(landed.clone());
            }
            if let Some(flight) = state
                .flights
                .iter()
                .rfind(|flight| flight.selection == *selection)
            {
                return Admission::Joined(flight.landed.clone());
            }
        }
        while state
            .starts
            .front()
            .is_some_and(|start| now.duration_since(*start) >= MINUTE)
        {
            state.starts.pop_front();
        }
        if state.starts.len() >= self.starts_per_minute {
            let oldest = state.starts.front().map_or(now, |start| *start);
            return Admission::Busy(MINUTE.saturating_sub(now.duration_since(oldest)));
        }
        if state.flights.len() >= self.most {
            return Admission::Busy(Duration::from_secs(5));
        }
        state.starts.push_back(now);
        let number = state.next;
        state.next += 1;
        let (landing, landed) = watch::channel(None);
        state.flights.push(Flight {
            number,
            selection: Arc::clone(selection),
            landed: landed.clone(),
        });
        Admission::Start(Ticket {
            number,
            state: Arc::clone(&self.state),
            places: Arc::clone(&self.places),
            landing,
            landed,
        })
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
            && landed.answer.retry_after.is_none()
        {
            state.keep(flight.selection, &landed);
        }
        drop(state);
        let _ = ticket.landing.send(Some(landed));
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
    /// Keeps a report for whoever asks next, unless there is one of a later run.
    fn keep(&mut self, selection: Arc<Selection>, landed: &Landed) {
        let same = self
            .finished
            .iter_mut()
            .find(|(known, _)| *known == selection);
        match same {
            Some((_, known)) if known.number > landed.number => {}
            Some((_, known)) => *known = landed.clone(),
            None => self.finished.push((selection, landed.clone())),
        }
    }

    fn take(&mut self, number: u64) -> Option<Flight> {
        let position = self
            .flights
            .iter()
            .position(|flight| flight.number == number);
        position.map(|position| self.flights.swap_remove(position))
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
            age: self.at.elapsed(),
            ..self.answer.clone()
        }
    }
}
