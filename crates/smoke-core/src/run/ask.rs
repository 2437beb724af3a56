//! What somebody asks a runner.

use std::path::PathBuf;
use std::time::Duration;

use super::asker::Asker;
use super::halt::Halt;
use super::wish::Wish;
use crate::limits::{LONGEST, SHORTEST};
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
    /// How long the run may take, if that is not the registry's to say.
    pub within: Option<Duration>,
    /// What ends the run early, if anything does.
    pub halt: Option<Halt>,
    /// Where tests may leave what shows why they failed, if anywhere.
    pub artifacts: Option<PathBuf>,
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
            within: None,
            halt: None,
            artifacts: None,
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

    /// Asks for a run of its own that may take so long, instead of the registry's limit for runs
    /// ([`Limits::run`](crate::Limits::run), [`Limits::slow_run`](crate::Limits::slow_run)).
    /// At least a second, and at most an hour; less and more are taken for these.
    ///
    /// The limits of the tests still hold. Nobody else is answered from that run.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = Some(limit.clamp(SHORTEST, LONGEST));
        self
    }

    /// Asks for a run of its own, which that halt ends early. Nobody else is answered from it.
    pub fn halted_by(mut self, halt: &Halt) -> Self {
        self.halt = Some(halt.clone());
        self
    }

    /// Has tests of kind [`Browser`](crate::Kind::Browser) run, too; without this they are skipped.
    ///
    /// They are skipped all the same where a request asks for the run ([`arrived`](Self::arrived)).
    /// Say it only in a process that serves nobody, as the command line and `cargo test` are: a browser
    /// can take the memory and the processors that requests need.
    pub fn with_browsers(mut self) -> Self {
        self.selection = self.selection.with_browsers();
        self
    }

    /// Asks for a run of its own whose tests may leave in that folder what shows why they failed, such as
    /// the screenshots of browsers. Nobody else is answered from it.
    pub fn artifacts(mut self, folder: impl Into<PathBuf>) -> Self {
        self.artifacts = Some(folder.into());
        self
    }

    pub(super) fn wish(&self) -> Wish {
        match self.fresh {
            _ if self.scheduled => Wish::Scheduled,
            _ if self.within.is_some() || self.halt.is_some() || self.artifacts.is_some() => {
                Wish::Alone
            }
            true => Wish::Fresh,
            false => Wish::Any,
        }
    }
}
