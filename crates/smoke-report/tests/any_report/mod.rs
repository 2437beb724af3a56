//! Reports made of pieces that could break an answer: parts of the verdicts, quotes, escapes, control characters.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::{collection::vec, option, prelude::*, sample::select};
use smoke_report::{Kind, Outcome, Place, Report, RequestMade, Scope, TestReport, Times};

const PIECES: &[&str] = &[
    "P", "PA", "PAS", "ASS", "SS", "S", "PASS", "F", "FA", "AIL", "IL", "FAIL", "fail", "pass",
    "\n", "\r", "\t", "\0", "\u{c}", "\u{1f}", "\u{7f}", "\u{85}", "\u{2028}", "\"", "\\", "\\u",
    "\\u00", "\\n", "/", ":", " ", "é", "日本", "🦀", "…",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => vec(select(PIECES), 0..12).prop_map(|pieces| pieces.concat()),
        1 => vec(select(PIECES), 400..900).prop_map(|pieces| pieces.concat()),
    ]
}

/// Up to eleven days, to the nanosecond: what milliseconds in a double-precision number hold with certainty.
fn duration() -> impl Strategy<Value = Duration> {
    (0..1_000_000_000_000_000_u64).prop_map(Duration::from_nanos)
}

/// In whole seconds.
fn age() -> impl Strategy<Value = Duration> {
    any::<u32>().prop_map(|seconds| Duration::from_secs(seconds.into()))
}

/// To the millisecond.
fn started() -> impl Strategy<Value = SystemTime> {
    (0..253_402_300_799_999_u64).prop_map(|millis| UNIX_EPOCH + Duration::from_millis(millis))
}

fn request() -> impl Strategy<Value = RequestMade> {
    (text(), text(), option::of(any::<u16>()), duration()).prop_map(
        |(method, path, status, duration)| {
            let mut made = RequestMade::new(method, path).with_duration(duration);
            made.status = status;
            made
        },
    )
}

fn times() -> impl Strategy<Value = Times> {
    [duration(), duration(), duration(), duration()].prop_map(
        |[waiting, sandbox, app_build, body]| {
            let mut times = Times::default();
            times.waiting = waiting;
            times.sandbox = sandbox;
            times.app_build = app_build;
            times.body = body;
            times
        },
    )
}

fn place() -> impl Strategy<Value = Place> {
    (text(), any::<u32>(), any::<u32>())
        .prop_map(|(file, line, column)| Place::new(file, line, column))
}

fn test(outcome: impl Strategy<Value = Outcome>) -> impl Strategy<Value = TestReport> {
    let kind = select(&[Kind::Unit, Kind::Database, Kind::Http, Kind::Browser]);
    (
        (text(), text(), kind, outcome, duration()),
        (
            option::of(text()),
            vec(text(), 0..3),
            option::of(text()),
            vec(text(), 0..3),
        ),
        (
            option::of(place()),
            vec(request(), 0..3),
            option::of(times()),
            (select(&[Scope::Shared, Scope::Instance]), vec(text(), 0..3)),
        ),
    )
        .prop_map(
            |(
                (name, class, kind, outcome, duration),
                (description, tags, message, causes),
                (place, requests, times, (scope, log)),
            )| {
                let mut test = TestReport::new(name, class, kind, outcome, duration)
                    .with_tags(tags)
                    .with_causes(causes)
                    .with_requests(requests)
                    .with_scope(scope)
                    .with_log(log);
                test.description = description;
                test.message = message;
                test.place = place;
                test.times = times;
                test
            },
        )
}

fn report(
    outcomes: &'static [Outcome],
    reasons: impl Strategy<Value = Vec<String>>,
    tests: std::ops::Range<usize>,
) -> impl Strategy<Value = Report> {
    let tests = vec(test(select(outcomes)), tests);
    (
        text(),
        option::of(text()),
        option::of(text()),
        (duration(), option::of((started(), age()))),
        reasons,
        tests,
    )
        .prop_map(|(run, build, instance, (duration, when), reasons, tests)| {
            let mut report = Report::new(run)
                .with_duration(duration)
                .with_reasons(reasons)
                .with_tests(tests);
            report.build = build;
            report.instance = instance;
            match when {
                Some((started, age)) => report.as_of(started, age),
                None => report,
            }
        })
}

/// Any report: passes and failures in like measure.
pub(crate) fn any_report() -> impl Strategy<Value = Report> {
    use Outcome::{Errored, Failed, Passed, Skipped, Warned};
    prop_oneof![
        report(&[Passed, Warned, Skipped], Just(Vec::new()), 0..20),
        report(
            &[Passed, Failed, Errored, Warned, Skipped],
            vec(text(), 0..4),
            0..20
        ),
    ]
}
