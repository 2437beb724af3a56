//! What the report of a run comes to.

use smoke_report::{Outcome, Reason, Report, TestReport};

use super::standing::What;
use crate::smoke::said::{Said, Unsaid};

/// What a build that does not know [`Reason::Nothing`] says instead.
const NOTHING: &str = "no test is selected";
/// How many tests that failed are shown of a replica.
const SHOWN: usize = 10;

/// What a run of the wanted build comes to.
pub(crate) enum Judgement {
    Pass,
    /// Some of the tests that failed, without what they logged.
    Fail(Vec<TestReport>),
    Unsaid(Unsaid),
}

/// A test that failed counts for more than a reason for which nobody could say.
pub(crate) fn judge(said: &Said, what: What) -> Judgement {
    let report = &said.report;
    // The outcome of one that the runner had no time for says nothing of the application.
    let bad = report
        .tests
        .iter()
        .filter(|test| !test.outcome.is_good() && !test.starved);
    let shown: Vec<_> = bad.take(SHOWN).map(short).collect();
    if !shown.is_empty() {
        Judgement::Fail(shown)
    } else if report.verdict().is_pass() || (what == What::Own && has_nothing_to_run(said)) {
        Judgement::Pass
    } else {
        let reasons = report.fail_reasons();
        let why = match reasons.is_empty() {
            true => "the runner had no time for its tests".to_owned(),
            false => reasons.join("; "),
        };
        Judgement::Unsaid(Unsaid {
            why,
            retry_after: said.retry_after,
        })
    }
}

/// Whether no test is the instance's own, or all of those are skipped: its FAIL says nothing else.
fn has_nothing_to_run(said: &Said) -> bool {
    let report = &said.report;
    let skipped = |test: &TestReport| test.outcome == Outcome::Skipped;
    let alone = Report::new("").with_tests(report.tests.iter().cloned());
    let none = report.tests.is_empty();
    match said.reason.as_deref() {
        Some(word) => none && word == Reason::Nothing.as_str(),
        None if said.retry_after.is_some() => false,
        None if none => report.reasons == [NOTHING],
        None => report.tests.iter().all(skipped) && alone.fail_reasons() == report.reasons,
    }
}

fn short(test: &TestReport) -> TestReport {
    test.clone().with_log([""; 0])
}
