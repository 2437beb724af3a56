//! What is reported of a test: texts that are short and hold no secrets.

use smoke_report::{Outcome, TestReport};

use super::Starved;
use super::catalogue::Entry;
use super::ended::Ended;
use crate::error::MOST_CAUSES;
use crate::redact::{REPORTED, shown};
use crate::rollback::RollbackVerdict;
use crate::{ErrorKind, Result};

/// More of a message is not reported: what was read of an error, and what the runner says beside it.
const LONGEST_TEXT: usize = REPORTED + 512;
/// More of a test's requests are not reported.
const MOST_REQUESTS: usize = 200;

impl Entry {
    pub(super) fn report(&self, ended: Ended) -> TestReport {
        let test = &self.test;
        let mut report = TestReport::new(
            &*test.name,
            test.class(),
            test.kind(),
            Outcome::Passed,
            ended.duration,
        );
        report.scope = test.scope;
        report.description.clone_from(&test.description);
        report.tags.clone_from(&test.tags);
        report.times = ended.times;
        report.requests = ended.requests;
        report.requests.truncate(MOST_REQUESTS);
        let left = leaves_something(&ended.result) || self.job.may_have_left_something();
        let blocks = !test.advisory || left;
        tell(&mut report, ended.result);
        if !report.outcome.is_good() {
            report.log = ended
                .scene
                .map(|seen| seen.heard.told())
                .unwrap_or_default();
        }
        if !blocks && !report.outcome.is_good() {
            report.outcome = Outcome::Warned;
        }
        report
    }
}

/// Whether what a test wrote may have stayed, or nobody knows.
pub(super) fn leaves_something(result: &Result) -> bool {
    let error = result.as_ref().err();
    let verdict = error.and_then(|error| error.downcast_ref::<RollbackVerdict>());
    verdict.is_some_and(RollbackVerdict::may_have_left_something)
}

/// Puts a result into a report. No secret that is known by its form gets further than here.
pub(super) fn tell(report: &mut TestReport, result: Result) {
    let Err(error) = result else { return };
    report.outcome = match error.kind() {
        ErrorKind::Failed => Outcome::Failed,
        ErrorKind::Errored => Outcome::Errored,
        ErrorKind::Skipped => Outcome::Skipped,
    };
    report.starved = error.downcast_ref::<Starved>().is_some();
    report.message = Some(cut(error.message()));
    report.causes = error
        .causes()
        .iter()
        .take(MOST_CAUSES)
        .map(|cause| cut(cause))
        .collect();
    report.place = error.place().cloned();
}

/// A text as it is reported: no longer than a person reads, and without secrets that are known by
/// their form.
pub(super) fn cut(text: &str) -> String {
    shown(text, LONGEST_TEXT)
}
