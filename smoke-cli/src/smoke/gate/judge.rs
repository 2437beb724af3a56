//! What the report of a run comes to.

use smoke_report::{Outcome, Reason, Report, TestReport};

use super::standing::What;
use crate::smoke::said::{Said, Unsaid};

/// What a build that does not know [`Reason::Nothing`] says instead.
const NOTHING: &str = "no test is selected";
/// How many tests that failed are shown of a replica.
const SHOWN: usize = 10;
/// How much of what each says of itself, in bytes: of a thousand replicas all may fail.
const ROOM: usize = 512;

/// What a run of the wanted build comes to.
pub(crate) enum Judgement {
    Pass,
    /// Some of the tests that failed, with the beginning of what they say.
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

/// The test with as much of its texts as there is room for, and without what it logged.
fn short(test: &TestReport) -> TestReport {
    let mut room = ROOM;
    let mut short = TestReport::new(
        &*test.name,
        &*test.class,
        test.kind,
        test.outcome,
        test.duration,
    );
    short.message = test.message.as_deref().map(|said| cut(said, &mut room));
    short.place.clone_from(&test.place);
    for cause in &test.causes {
        if room > 0 {
            short.causes.push(cut(cause, &mut room));
        }
    }
    for request in &test.requests {
        let size = request.method.len() + request.path.len();
        let Some(left) = room.checked_sub(size) else {
            break;
        };
        room = left;
        short.requests.push(request.clone());
    }
    short
}

/// As much of the text as fits, and less room.
fn cut(text: &str, room: &mut usize) -> String {
    let fits = text
        .char_indices()
        .take_while(|(at, char)| at + char.len_utf8() <= *room);
    let end = fits.last().map_or(0, |(at, char)| at + char.len_utf8());
    *room -= end;
    if end == text.len() {
        return text.to_owned();
    }
    *room = 0;
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smoke_report::{Kind, RequestMade};

    use super::*;

    #[test]
    fn what_a_test_says_is_kept_as_far_as_there_is_room() {
        let failed = TestReport::new("a::b", "a", Kind::Unit, Outcome::Failed, Duration::ZERO);
        let failed = failed
            .with_log(["logged"])
            .with_place(std::panic::Location::caller());
        let brief = failed
            .clone()
            .with_message("off")
            .with_causes(["tilt", "wind"])
            .with_requests([RequestMade::new("GET", "/")]);
        assert_eq!(short(&brief), brief.clone().with_log([""; 0]));
        let long = short(&brief.with_message("ä".repeat(ROOM)));
        let half = format!("{}…", "ä".repeat(ROOM / 2));
        assert_eq!(long.message, Some(half));
        assert!(long.causes.is_empty() && long.requests.is_empty());
        let cut = short(
            &failed
                .with_message("off")
                .with_causes([&*"x".repeat(ROOM), "wind"]),
        );
        assert_eq!(cut.causes, [format!("{}…", "x".repeat(ROOM - 3))]);
        assert_eq!(
            cut.place
                .map(|place| place.to_string().contains("judge.rs")),
            Some(true)
        );
    }
}
