//! The verdict at the top, and of what it is.

use std::sync::Arc;
use std::time::SystemTime;

use smoke_report::{Report, Standing, Verdict};

use crate::history::Known;

/// A run with its report, as much of it as the viewer may see, and when it began.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) report: Arc<Report>,
    pub(crate) started: SystemTime,
}

/// The verdict at the top, and of what it is.
pub(super) struct Headline {
    /// None where nothing has been found yet.
    pub(super) verdict: Option<Verdict>,
    pub(super) of: &'static str,
    /// When that run began.
    pub(super) started: Option<SystemTime>,
    pub(super) reasons: Vec<String>,
}

impl Headline {
    pub(super) fn of_nothing() -> Self {
        Self {
            verdict: None,
            of: "no run yet",
            started: None,
            reasons: Vec::new(),
        }
    }

    /// Of the run that was asked for.
    pub(super) fn of_this(shown: &Shown) -> Self {
        Self::of_run(shown, "this run")
    }

    pub(super) fn of_newest(shown: &Shown) -> Self {
        Self::of_run(shown, "the newest run")
    }

    fn of_run(shown: &Shown, of: &'static str) -> Self {
        Self {
            verdict: Some(shown.report.verdict()),
            of,
            started: Some(shown.started),
            reasons: shown.report.fail_reasons(),
        }
    }

    /// No run starts, for this reason.
    pub(super) fn of_off(why: &str) -> Self {
        Self {
            verdict: Some(Verdict::Fail),
            of: "nothing runs",
            started: None,
            reasons: vec![why.to_owned()],
        }
    }

    /// What the schedules have found, where there are any. The last standing knows it.
    pub(super) fn of_schedules(standings: &[Standing]) -> Option<Self> {
        let status = standings.last()?;
        (!status.schedules.is_empty()).then(|| Self {
            verdict: Some(status.status),
            of: "the scheduled runs",
            started: None,
            reasons: status.reasons.clone(),
        })
    }

    /// Of the newest run that was of no choice. It is no PASS where a test has failed in another run since.
    pub(super) fn of_known(known: &Known) -> Option<Self> {
        let mut runs = known.runs.iter().rev();
        let newest = runs.find(|past| past.begun.is_whole);
        let is_good = known.tests.values().all(|track| track.is_good());
        match newest {
            Some(past) if is_good || !past.verdict.is_pass() => Some(Self {
                verdict: Some(past.verdict),
                of: "the newest run",
                started: Some(past.begun.started),
                reasons: past.reasons.clone(),
            }),
            _ if is_good => None,
            _ => Some(Self {
                verdict: Some(Verdict::Fail),
                of: "the newest runs",
                started: None,
                reasons: vec!["a test failed when it ran last".to_owned()],
            }),
        }
    }

    pub(super) fn without_reasons(mut self) -> Self {
        self.reasons.clear();
        self
    }
}
