//! How long somebody waits for a run.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::gate::{Landed, Stand};

/// Whoever asks is answered this long before the limit, with the report or without.
const ANSWERING: Duration = Duration::from_millis(100);
/// A run that began no later than this after somebody asked answers them by its own limit.
const IN_TIME: Duration = Duration::from_millis(100);

/// When somebody asked, and within which time they are to be answered: the limit of their run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) limit: Duration,
}

/// Why somebody is answered without the report of the run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// The runs before it took too long.
    NotBegun,
    /// It began late. It goes on, for so long at most.
    NotEnded(Duration),
    /// It was lost: the runner was shut down.
    Lost,
}

impl Asked {
    /// Until when a run has to begin for them: it is left half of the time.
    pub(crate) fn begin_by(self) -> Instant {
        self.at + self.limit / 2
    }

    /// Whether a run that began then ends in time by its own limit.
    pub(crate) fn is_answered_by_one_of(self, begun: Instant) -> bool {
        begun <= self.at + IN_TIME
    }

    /// Waits for a report as long as they can.
    pub(crate) async fn wait(self, mut stand: watch::Receiver<Stand>) -> Result<Landed, Late> {
        let begun = stand.wait_for(|stand| !matches!(stand, Stand::Waiting));
        let begun = match timeout_at(self.begin_by(), begun).await {
            Ok(Ok(stand)) => match &*stand {
                Stand::Begun(begun) => *begun,
                Stand::Landed(landed) => return Ok(landed.clone()),
                Stand::Waiting => return Err(Late::NotBegun),
            },
            Ok(Err(_)) => return Err(Late::Lost),
            Err(_) => return Err(Late::NotBegun),
        };
        if self.is_answered_by_one_of(begun) {
            return landing(stand).await;
        }
        match timeout_at(self.at + self.limit - ANSWERING, landing(stand)).await {
            Ok(landed) => landed,
            Err(_) => Err(Late::NotEnded(
                (begun + self.limit).duration_since(Instant::now()),
            )),
        }
    }
}

/// Waits for a report, which the limit of the run brings. Needs no clock.
pub(crate) async fn landing(mut stand: watch::Receiver<Stand>) -> Result<Landed, Late> {
    match stand
        .wait_for(|stand| matches!(stand, Stand::Landed(_)))
        .await
        .as_deref()
    {
        Ok(Stand::Landed(landed)) => Ok(landed.clone()),
        _ => Err(Late::Lost),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use smoke_report::Report;
    use tokio::time::advance;

    use super::*;
    use crate::Limits;
    use crate::Selection;
    use crate::run::Answer;
    use crate::run::gate::{Admission, Ticket, Turnstile};
    use crate::run::wish::Wish;

    /// A run, and a gate where one more keeps it waiting for its place.
    fn waiting() -> (Turnstile, Ticket, Ticket, Asked) {
        let gate = Turnstile::new(&Limits::default().runs_at_once(1), 0);
        let asked = Asked {
            at: Instant::now(),
            limit: Duration::from_secs(20),
        };
        let start =
            |selection: Selection| match gate.admit(&Arc::new(selection), Wish::Fresh, asked) {
                Admission::Start(ticket) => ticket,
                _ => panic!("no run was started"),
            };
        let (other, run) = (start(Selection::slow()), start(Selection::fast()));
        (gate, other, run, asked)
    }

    fn answer() -> Answer {
        Answer {
            report: Arc::new(Report::new("")),
            started: SystemTime::UNIX_EPOCH,
            age: Duration::ZERO,
            retry_after: None,
            reason: None,
        }
    }

    async fn millis(millis: u64) {
        advance(Duration::from_millis(millis)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_waits_half_of_the_time_for_a_run_to_begin() {
        let (_gate, _other, run, asked) = waiting();
        let late = asked.wait(run.ride().stand).await;
        assert_eq!(late.err(), Some(Late::NotBegun));
        assert_eq!(asked.at.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_is_answered_within_the_limit_and_the_run_goes_on() {
        let (gate, mut other, mut run, asked) = waiting();
        let place = other.place().await;
        let asking = tokio::spawn(asked.wait(run.ride().stand));
        millis(6_000).await;
        drop(place);
        let _place = run.place().await.unwrap();
        let late = asking.await.unwrap();
        let left = Duration::from_millis(6_100);
        assert_eq!(late.err(), Some(Late::NotEnded(left)));
        assert_eq!(asked.at.elapsed().as_millis(), 19_900);
        // Whoever asks now is given what it finds.
        let next = tokio::spawn(asked.wait(run.ride().stand));
        gate.land(run, answer());
        assert!(next.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_is_answered_by_the_limit_of_a_run_that_began_at_once() {
        let (gate, other, _run, asked) = waiting();
        let asking = tokio::spawn(asked.wait(other.ride().stand));
        // A coordinator that is late on a machine that is busy.
        millis(19_990).await;
        tokio::task::yield_now().await;
        assert!(!asking.is_finished());
        gate.land(other, answer());
        assert!(asking.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_is_lost_is_said_to_be() {
        let (_gate, other, run, asked) = waiting();
        for ticket in [other, run] {
            let asking = tokio::spawn(asked.wait(ticket.ride().stand));
            drop(ticket);
            assert_eq!(asking.await.unwrap().err(), Some(Late::Lost));
        }
    }
}
