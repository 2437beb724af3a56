use std::fmt;

use serde::{Deserialize, Serialize};

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// Everything it asserted held.
    Passed,
    /// An assertion did not hold.
    Failed,
    /// Anything else went wrong: an error, a panic, a limit, a rollback that is not certain.
    Errored,
    /// It is advisory, and did not pass: that is said, and blocks nothing.
    Warned,
    /// It did not run, for a known reason.
    Skipped,
}

impl Outcome {
    /// Whether the test ran: every outcome but skipped.
    #[must_use]
    pub const fn ran(self) -> bool {
        !matches!(self, Outcome::Skipped)
    }

    /// Whether the outcome lets a run pass: passed, warned or skipped.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Outcome::Passed | Outcome::Warned | Outcome::Skipped)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::Warned => "warned",
            Outcome::Skipped => "skipped",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Errored, Failed, Passed, Skipped, Warned};

    #[test]
    fn only_failed_and_errored_are_not_good_and_only_skipped_did_not_run() {
        assert!(Passed.is_good() && Warned.is_good() && Skipped.is_good());
        assert!(!Failed.is_good() && !Errored.is_good());
        assert!(
            [Passed, Failed, Errored, Warned]
                .iter()
                .all(|outcome| outcome.ran())
        );
        assert!(!Skipped.ran());
    }

    #[test]
    fn an_outcome_is_shown_as_it_is_written_in_json() {
        for outcome in [Passed, Failed, Errored, Warned, Skipped] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.to_string());
        }
    }
}
