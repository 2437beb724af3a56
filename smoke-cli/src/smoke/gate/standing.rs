//! What is known of one replica.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use smoke_report::TestReport;
use tokio::time::Instant;

use crate::smoke::replica::Replica;
use crate::smoke::said::{Identity, Unsaid};

/// How long a replica that does not answer is left alone: from the first time on, and at most.
const LEFT_ALONE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What a replica is asked to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// All tests that are asked for.
    Everything,
    /// Those of the instance itself.
    Own,
}

/// How a replica stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Unasked,
    /// Nobody could say, and why.
    Unknown(String),
    /// It says of no build that it is that.
    Unnamed,
    /// It is of another build.
    Other,
    Failed,
    Passed,
}

/// A replica, and what it said last.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) replica: Replica,
    pub(crate) identity: Identity,
    pub(crate) state: State,
    /// What it ran last.
    pub(crate) ran: Option<What>,
    /// The names of the tests that others are expected to have, too.
    pub(crate) tests: Option<Arc<BTreeSet<String>>>,
    /// How many tests ran, and for how long.
    pub(crate) count: usize,
    pub(crate) took: Duration,
    /// Some of the tests that failed.
    pub(crate) bad: Vec<TestReport>,
    /// How often the wanted build has failed since it passed.
    pub(crate) failures: u32,
    /// The round in which it said last that it is of the wanted build, and in which it passed last.
    pub(crate) wanted_in: u64,
    pub(crate) passed_in: u64,
    /// How often in a row it did not answer, and until when it is left alone for that.
    unanswered: u32,
    pub(crate) left_alone: Option<Instant>,
}

impl Standing {
    pub(crate) fn new(replica: Replica) -> Self {
        Self {
            replica,
            identity: Identity::default(),
            state: State::Unasked,
            ran: None,
            tests: None,
            count: 0,
            took: Duration::ZERO,
            bad: Vec::new(),
            failures: 0,
            wanted_in: 0,
            passed_in: 0,
            unanswered: 0,
            left_alone: None,
        }
    }

    /// Takes note of who answers. What was known of another is forgotten.
    pub(crate) fn is(&mut self, identity: Identity) {
        self.unanswered = 0;
        self.left_alone = None;
        if self.identity != identity {
            *self = Self {
                identity,
                wanted_in: self.wanted_in,
                ..Self::new(self.replica.clone())
            };
        }
    }

    /// Nobody could say, and it is asked again later: when it wants that, or after a time that grows. A
    /// `chance` from 0 to 1 has not all of them asked at the same moment.
    pub(crate) fn said_nothing(&mut self, unsaid: Unsaid, now: Instant, chance: f64) {
        let (least, most) = LEFT_ALONE;
        let grown = least.saturating_mul(1 << self.unanswered.min(8)).min(most);
        self.unanswered += 1;
        let pause = match unsaid.retry_after {
            Some(wished) => wished.max(least).mul_f64(1.0 + chance / 4.0),
            None => grown.mul_f64(0.5 + chance),
        };
        self.left_alone = Some(now + pause);
        self.state = State::Unknown(unsaid.why);
    }

    /// What tells it from others: two addresses may lead to one.
    pub(crate) fn instance(&self) -> &str {
        let known = self.identity.instance.as_deref();
        known.unwrap_or(&self.replica.name)
    }
}
