//! The report for people.

use smoke_report::{Outcome, Report, TestReport};

use crate::paint::Paint;
use crate::plain::one_line;
use crate::show::{details, seconds};

/// How many skipped tests are named.
const SKIPPED: usize = 10;

/// What failed and why, what was skipped, and the verdict at the end: where a person looks first.
pub(crate) fn render(report: &Report, paint: Paint) -> String {
    let mut shown = String::new();
    let of =
        |wanted: fn(Outcome) -> bool| report.tests.iter().filter(move |test| wanted(test.outcome));
    let failed = of(|outcome| outcome == Outcome::Failed);
    let other = of(|outcome| outcome != Outcome::Failed && !outcome.is_good());
    let warned = of(|outcome| outcome == Outcome::Warned);
    for test in failed.chain(other).chain(warned) {
        shown += &failure(test, paint);
    }
    let skipped = report.counts().skipped;
    for test in of(|outcome| outcome == Outcome::Skipped).take(SKIPPED) {
        let why = one_line(test.message.as_deref().unwrap_or_default());
        let colon = if why.is_empty() { "" } else { ": " };
        let outcome = paint.outcome(test.outcome, test.outcome);
        shown += &format!("{outcome} {}{colon}{why}\n", one_line(&test.name));
    }
    if skipped > SKIPPED {
        shown += &format!("... and {} more are skipped\n", skipped - SKIPPED);
    }
    if skipped > 0 {
        shown += "\n";
    }
    for reason in report.fail_reasons() {
        shown += &format!("reason: {}\n", one_line(&reason));
    }
    shown + &summary(report, paint)
}

fn failure(test: &TestReport, paint: Paint) -> String {
    let outcome = paint.outcome(test.outcome, test.outcome);
    let name = paint.strong(one_line(&test.name));
    let after = format!("[{}, {}]", seconds(test.duration), test.kind);
    let mut shown = format!("{outcome} {name} {}\n", paint.faint(after));
    for line in details(test) {
        shown += &format!("  {line}\n");
    }
    shown + "\n"
}

fn summary(report: &Report, paint: Paint) -> String {
    let counts = report.counts();
    let said = [
        (Outcome::Passed, counts.passed),
        (Outcome::Failed, counts.failed),
        (Outcome::Errored, counts.errored),
        (Outcome::Warned, counts.warned),
        (Outcome::Skipped, counts.skipped),
    ];
    let said: Vec<_> = said
        .into_iter()
        .filter(|(outcome, count)| *count > 0 || *outcome == Outcome::Passed)
        .map(|(outcome, count)| format!("{count} {outcome}"))
        .collect();
    let known = [("build", &report.build), ("instance", &report.instance)];
    let known = known.map(|(what, id)| id.as_ref().map(|id| format!("{what} {}, ", one_line(id))));
    let known: String = known.into_iter().flatten().collect();
    format!(
        "{}\n{} {} in {}\n",
        paint.faint(format!("{known}run {}", one_line(&report.run))),
        paint.verdict(report.verdict()),
        said.join(", "),
        seconds(report.duration)
    )
}
