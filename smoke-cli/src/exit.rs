//! How the process ends.

use std::process::ExitCode;

use smoke_report::Report;

use crate::signals::Signal;

/// What the exit code says. The codes are documented and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Pass,
    Fail,
    Usage,
    /// Nobody could say: no test ran, or what was found could not be told.
    Unknown,
    Stopped(Signal),
}

impl Exit {
    /// What a report says: a test that did not pass counts for more than a reason for which
    /// nobody could say.
    pub(crate) fn of(report: &Report) -> Self {
        if report.verdict().is_pass() {
            Self::Pass
        } else if report.tests.iter().any(|test| !test.outcome.is_good()) {
            Self::Fail
        } else {
            Self::Unknown
        }
    }

    /// The same, where what was found could not be told.
    pub(crate) fn untold(self) -> Self {
        match self {
            Self::Pass => Self::Unknown,
            known => known,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::Usage => 2,
            Exit::Unknown => 3,
            // As a shell tells of a process that a signal has ended.
            Exit::Stopped(Signal::Interrupt) => 130,
            Exit::Stopped(Signal::Terminate) => 143,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smoke_report::{Kind, Outcome, TestReport};

    use super::*;

    fn report(outcomes: &[Outcome]) -> Report {
        let test = |outcome: &Outcome| {
            TestReport::new("shop::a", "shop", Kind::Unit, *outcome, Duration::ZERO)
        };
        Report::new("run").with_tests(outcomes.iter().map(test))
    }

    #[test]
    fn one_beats_three_beats_zero() {
        use Outcome::{Errored, Failed, Passed, Skipped};
        for (outcomes, without, with_reason) in [
            (&[Passed, Skipped][..], Exit::Pass, Exit::Unknown),
            (&[Passed, Failed], Exit::Fail, Exit::Fail),
            (&[Errored], Exit::Fail, Exit::Fail),
            (&[Skipped], Exit::Unknown, Exit::Unknown),
            (&[], Exit::Unknown, Exit::Unknown),
        ] {
            let report = report(outcomes);
            assert_eq!(Exit::of(&report), without, "{outcomes:?}");
            let report = report.with_reasons(["busy"]);
            assert_eq!(Exit::of(&report), with_reason, "{outcomes:?}");
        }
    }

    #[test]
    fn what_could_not_be_told_is_no_pass() {
        assert_eq!(Exit::Pass.untold(), Exit::Unknown);
        assert_eq!(Exit::Fail.untold(), Exit::Fail);
    }
}
