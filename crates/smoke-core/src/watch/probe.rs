//! The questions that are answered from what is known.

use std::time::Instant;

use smoke_report::{Reason, Verdict};

/// What a load balancer, a kubelet or a monitor asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// Whether the process can answer.
    Live,
    /// Whether it is done with its beginning.
    Startup,
    /// Whether it is to get traffic.
    Ready,
    /// Whether the scheduled runs pass.
    Status,
}

/// What is so at the moment of a question, whatever runs have found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: Instant,
    /// Switched off, paused or shut down.
    pub(crate) off: bool,
    pub(crate) draining: bool,
    /// The scheduler ended without being told to.
    pub(crate) dead: bool,
    /// The beginning is over.
    pub(crate) begun: bool,
    /// There is to be no traffic before the first PASS.
    pub(crate) hold: bool,
}

/// A verdict, and in a word why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<Reason>,
}

impl Judgement {
    pub(crate) fn pass(reason: Option<Reason>) -> Self {
        Self {
            verdict: Verdict::Pass,
            reason,
        }
    }

    pub(crate) fn fail(reason: Option<Reason>) -> Self {
        Self {
            verdict: Verdict::Fail,
            reason,
        }
    }
}

impl Probe {
    /// All of them.
    #[cfg(feature = "metrics")]
    pub(crate) const ALL: [Self; 4] = [Self::Live, Self::Startup, Self::Ready, Self::Status];

    /// Whether everybody is answered, also where a token is required: probers have none.
    pub(crate) fn is_for_everybody(self) -> bool {
        self != Self::Status
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Startup => "startup",
            Self::Ready => "ready",
            Self::Status => "status",
        }
    }
}
