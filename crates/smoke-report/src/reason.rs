use std::fmt;

use serde::{Deserialize, Serialize};

/// In one word, why an answer is what it is, where no test's outcome is the reason: the header
/// `x-smoke-reason`.
///
/// ```
/// use smoke_report::Reason;
///
/// assert_eq!(Reason::Draining.as_str(), "draining");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Reason {
    /// As many runs as the limits allow, or too long a wait.
    Busy,
    /// Switched off, paused or shut down.
    Off,
    /// The instance is about to end, and takes no new traffic.
    Draining,
    /// The newest scheduled run is too old to say anything.
    Stale,
    /// The first scheduled run has not ended yet.
    Starting,
    /// No scheduled run has passed in this process yet, and it is to take no traffic before.
    Held,
    /// A test of this instance is down.
    Down,
    /// A test of what all replicas share is down.
    Degraded,
    /// There is no scheduled run to answer from.
    Unknown,
    /// The scheduler has ended without being told to.
    Dead,
    /// No test is selected: the application has none of what was asked for.
    Nothing,
    /// Something is wrong with the registry or with the environment.
    Registry,
    /// The runner could not start its threads, or lost the run.
    Broken,
    /// A smoke test asked for the smoke tests.
    Recursion,
    /// A wrong token, or none where one is needed.
    Credentials,
    /// There is no such path, method or query.
    Request,
}

impl Reason {
    /// The word that stands in the header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Off => "off",
            Self::Draining => "draining",
            Self::Stale => "stale",
            Self::Starting => "starting",
            Self::Held => "held",
            Self::Down => "down",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
            Self::Nothing => "nothing",
            Self::Registry => "registry",
            Self::Broken => "broken",
            Self::Recursion => "recursion",
            Self::Credentials => "credentials",
            Self::Request => "request",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn a_reason_is_shown_as_it_is_written_in_json() {
        for reason in [
            Reason::Busy,
            Reason::Off,
            Reason::Draining,
            Reason::Stale,
            Reason::Starting,
            Reason::Held,
            Reason::Down,
            Reason::Degraded,
            Reason::Unknown,
            Reason::Dead,
            Reason::Nothing,
            Reason::Registry,
            Reason::Broken,
            Reason::Recursion,
            Reason::Credentials,
            Reason::Request,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.to_string());
        }
    }
}
