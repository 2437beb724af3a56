//! What somebody asks a runner.

use super::asker::Asker;
use super::wish::Wish;
use crate::{Arrival, Selection};

/// What somebody wants to know.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct Ask {
    /// Which tests.
    pub selection: Selection,
    /// Whether only a run that begins now will do.
    pub fresh: bool,
    /// Who asks, for the log.
    pub asked_by: Asker,
    /// How the requests of the run are to arrive: as the one that asks for it. None where no request
    /// asks.
    pub arrival: Option<Arrival>,
    /// Whether a schedule asks.
    scheduled: bool,
}

impl Ask {
    /// Asks for the report of a selection, of a run that has just ended where there is one.
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            fresh: false,
            asked_by: Asker::new("the application"),
            arrival: None,
            scheduled: false,
        }
    }

    /// Asks for a run of a schedule.
    pub(crate) fn scheduled(selection: Selection) -> Self {
        Self {
            scheduled: true,
            ..Self::new(selection).by("the schedule")
        }
    }

    /// Asks for a run that begins now.
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Says who asks.
    pub fn by(mut self, somebody: impl Into<Asker>) -> Self {
        self.asked_by = somebody.into();
        self
    }

    /// Says how the request arrived that asks.
    pub fn arrived(mut self, arrival: Arrival) -> Self {
        self.arrival = Some(arrival);
        self
    }

    pub(super) fn wish(&self) -> Wish {
        match self.fresh {
            _ if self.scheduled => Wish::Scheduled,
            true => Wish::Fresh,
            false => Wish::Any,
        }
    }
}
