//! What a runner leaves in the log (`tracing`, target `smoke`).
//!
//! What comes from outside, or from a test, is a field and never part of the line's text: on one
//! line, cut, and without secrets that are known by their form.

use std::time::Instant;

use smoke_report::{Outcome, Reason, Report, TestReport, Verdict};

use super::asker::Asker;
use super::catalogue::Catalogue;
use crate::Selection;
use crate::log;
use crate::one_line::one_line;
use crate::ration::{Ration, some};
use crate::remote::Unproven;

/// How many of a run's failures its line names.
const NAMED: usize = 10;
/// How many characters are written of a failure there, of its cause in a line of its own, of a
/// test's name, of reasons, and of what somebody calls themselves.
const FAILURE: usize = 200;
const CAUSE: usize = 1000;
const NAME: usize = 300;
const REASON: usize = 500;
const ASKER: usize = 200;

/// Why no run was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Denial {
    /// As many runs as the limits allow, or too long a wait.
    Busy,
    /// Switched off, or shut down.
    Off,
    /// The registry says what is wrong with it.
    Registry,
    /// The runner could not start its threads, or lost the run.
    Broken,
    /// A smoke test asked for it.
    Recursion,
    /// A wrong token, or none where one is required.
    Credentials,
    /// A stranger asked for what is not a stranger's.
    Privilege,
    /// There is no such path, method or format.
    Request,
}

impl Denial {
    /// The same in one word.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Busy => Reason::Busy,
            Self::Off => Reason::Off,
            Self::Registry => Reason::Registry,
            Self::Broken => Reason::Broken,
            Self::Recursion => Reason::Recursion,
            Self::Credentials | Self::Privilege => Reason::Credentials,
            Self::Request => Reason::Request,
        }
    }
}

const DENIALS: usize = Denial::Request as usize + 1;

/// Writes the lines, and bounds how many strangers can bring about.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// Of strangers and of others apart: the first cannot keep the lines of the second back.
    denials: [[Ration; DENIALS]; 2],
    forged: Ration,
}

impl Trail {
    /// Somebody was answered without a run.
    pub(crate) fn refused(&self, asker: &Asker, why: Denial, report: &Report, now: Instant) {
        let ration = &self.denials[usize::from(asker.is_stranger)][why as usize];
        let Some(left_out) = ration.line(now) else {
            return;
        };
        let (asked_by, peer, user_agent) = shown_asker(asker);
        let (run, reasons) = (report.run.clone(), reasons(report));
        log::line(move || {
            tracing::warn!(
                target: "smoke", run, asked_by, peer, user_agent, reasons, left_out = some(left_out),
                "no smoke tests ran"
            );
        });
    }

    /// A run ended, and this is what it found.
    pub(crate) fn ran(asker: &Asker, selection: &Selection, report: &Report) {
        let (run, verdict, counts) = (&*report.run, report.verdict(), report.counts());
        let (asked_by, peer, user_agent) = shown_asker(asker);
        let selection = one_line(&selection.to_string(), REASON);
        let duration = report.duration;
        match verdict {
            Verdict::Pass => tracing::info!(
                target: "smoke", run, asked_by, peer, user_agent, selection, %verdict,
                tests = counts.run, ?duration, "smoke tests ran"
            ),
            Verdict::Fail => tracing::warn!(
                target: "smoke", run, asked_by, peer, user_agent, selection, %verdict,
                tests = counts.run, failed = counts.failed, errored = counts.errored,
                failures = failures(report), reasons = reasons(report), ?duration, "smoke tests ran"
            ),
        }
    }

    /// Why the tests of a run did not pass, each in a line: they may be many.
    pub(crate) fn causes(asker: &Asker, report: &Report, catalogue: &Catalogue, now: Instant) {
        let (asked_by, peer, user_agent) = shown_asker(asker);
        for test in not_passed(report).chain(warned(report)) {
            let ration = catalogue.ration(&test.name);
            let Some(left_out) = ration.and_then(|ration| ration.line(now)) else {
                continue;
            };
            tracing::warn!(
                target: "smoke", run = &*report.run, test = one_line(&test.name, NAME),
                outcome = %test.outcome, cause = one_line(&test.cause(), CAUSE), asked_by, peer, user_agent,
                left_out = some(left_out), "a smoke test did not pass"
            );
        }
    }

    /// A request came with the header of another service's smoke test, and it was not to be
    /// believed.
    pub(crate) fn forged(&self, why: Unproven, now: Instant) {
        if let Some(left_out) = self.forged.line(now) {
            tracing::warn!(
                target: "smoke", left_out = some(left_out),
                "a request came with the header {}, which was removed: {why}", crate::SmokeRequest::HEADER
            );
        }
    }
}

fn shown_asker(
    asker: &Asker,
) -> (
    String,
    Option<tracing::field::DisplayValue<std::net::SocketAddr>>,
    Option<String>,
) {
    let user_agent = asker.user_agent.as_deref();
    (
        one_line(asker.name(), ASKER),
        asker.peer.map(tracing::field::display),
        user_agent.map(|name| one_line(name, ASKER)),
    )
}

fn not_passed(report: &Report) -> impl Iterator<Item = &TestReport> {
    let tests = report.tests.iter();
    tests.filter(|test| matches!(test.outcome, Outcome::Failed | Outcome::Errored))
}

fn warned(report: &Report) -> impl Iterator<Item = &TestReport> {
    let tests = report.tests.iter();
    tests.filter(|test| test.outcome == Outcome::Warned)
}

/// The first failures of a run.
fn failures(report: &Report) -> Option<String> {
    let named = not_passed(report).take(NAMED).map(|test| {
        let sentence = format!("{} {}: {}", test.name, test.outcome, test.cause());
        one_line(&sentence, FAILURE)
    });
    let mut named: Vec<String> = named.collect();
    let others = not_passed(report).count() - named.len();
    if others > 0 {
        named.push(format!("and {others} more"));
    }
    (!named.is_empty()).then(|| named.join("; "))
}

fn reasons(report: &Report) -> Option<String> {
    let reasons = report.fail_reasons();
    (!reasons.is_empty()).then(|| one_line(&reasons.join("; "), REASON))
}

#[cfg(test)]
mod tests;
