//! What is written in JSON is read back as it was; what contradicts itself is refused.

mod any_report;

use any_report::any_report;
use proptest::prelude::*;
use smoke_report::{Format, Outcome, Report, Verdict};

proptest! {
    #[test]
    fn an_answer_is_read_back_as_it_was(report in any_report()) {
        let body = report.render(Format::Json);
        prop_assert_eq!(body.lines().count(), 1);
        let read: Report = serde_json::from_str(&body).unwrap();
        // Why nothing ran is written where it is not known from elsewhere.
        let reasons = report.fail_reasons();
        let expected = report.with_reasons(reasons);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn escaping_the_opposite_changes_nothing_for_a_parser(report in any_report()) {
        let escaped: serde_json::Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
        let plain: serde_json::Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        prop_assert_eq!(escaped, plain);
    }
}

fn read(json: &str) -> Result<Report, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

const PASSED: &str = r#""a": {"outcome": "passed", "class": "c", "kind": "unit", "duration": 1.5}"#;
const FAILED: &str = r#""b": {"outcome": "failed", "class": "c", "kind": "unit", "duration": 1}"#;
const SKIPPED: &str = r#""d": {"outcome": "skipped", "class": "c", "kind": "unit", "duration": 0}"#;

#[test]
fn unknown_keys_are_ignored_and_missing_ones_have_defaults() {
    let json = format!(r#"{{"status": "PASS", "novel": [1, {{}}], "tests": {{{PASSED}}}}}"#);
    let report = read(&json).unwrap();
    assert_eq!(report.verdict(), Verdict::Pass);
    assert_eq!(report.tests[0].duration.as_micros(), 1500);

    let novel = PASSED.replace("\"class\"", r#""novel": null, "class""#);
    read(&format!(r#"{{"status": "PASS", "tests": {{{novel}}}}}"#)).unwrap();
}

#[test]
fn where_the_time_went_may_be_missing_in_part_or_in_whole() {
    let read_times = |entry: &str| {
        let json = format!(r#"{{"status": "PASS", "tests": {{{entry}}}}}"#);
        read(&json).unwrap().tests.remove(0).times
    };
    assert_eq!(read_times(PASSED), None);
    let split = r#""times": {"waiting": 20, "body": 1.5, "novel": 1}, "class""#;
    let times = read_times(&PASSED.replace("\"class\"", split)).unwrap();
    assert_eq!(times.waiting.as_millis(), 20);
    assert_eq!(times.counted().as_micros(), 1500);
}

#[test]
fn the_order_of_the_tests_is_kept() {
    let json = format!(r#"{{"status": "FAIL", "tests": {{{SKIPPED}, {FAILED}, {PASSED}}}}}"#);
    let report = read(&json).unwrap();
    let names: Vec<&str> = report.tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["d", "b", "a"]);
}

#[test]
fn a_pass_that_contradicts_itself_is_an_error_that_says_how() {
    for (rest, contradiction) in [
        (
            format!(r#""tests": {{{PASSED}, {FAILED}}}"#),
            "says that b failed or errored",
        ),
        (
            format!(r#""errored_tests": ["x"], "tests": {{{PASSED}}}"#),
            "says that x failed or errored",
        ),
        (
            format!(r#""tests_errored": 2, "tests": {{{PASSED}}}"#),
            "counts 0 failed and 2 errored tests",
        ),
        (
            format!(r#""reasons": ["busy"], "tests": {{{PASSED}}}"#),
            "gives a reason against it: busy",
        ),
        (
            format!(r#""tests": {{{SKIPPED}}}"#),
            "lists no test that passed",
        ),
        (r#""tests_run": 3"#.to_owned(), "lists no test that passed"),
    ] {
        let error = read(&format!(r#"{{"status": "PASS", {rest}}}"#)).unwrap_err();
        let expected = format!("the answer says PASS, but {contradiction}");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_fail_that_nothing_explains_remains_a_fail() {
    let report = read(&format!(r#"{{"status": "FAIL", "tests": {{{PASSED}}}}}"#)).unwrap();
    assert_eq!(report.verdict(), Verdict::Fail);
    assert_eq!(
        report.fail_reasons(),
        ["the answer said FAIL without a reason"]
    );

    let explained = read(&format!(r#"{{"status": "FAIL", "tests": {{{FAILED}}}}}"#)).unwrap();
    assert!(explained.reasons.is_empty());
    let empty = read(r#"{"status": "FAIL"}"#).unwrap();
    assert_eq!(empty.fail_reasons(), ["no test ran"]);
}

#[test]
fn what_is_no_answer_is_an_error() {
    for json in [
        "",
        "{}",
        "[]",
        r#"{"status": "pass"}"#,
        r#"{"status": "FAIL", "tests": [1]}"#,
        r#"{"status": "FAIL", "time": -1}"#,
        r#"{"status": "FAIL", "tests": {"a": {"outcome": "passed"}}}"#,
        r#"{"status": "FAIL", "tests": {"a": {"outcome": "well", "class": "c", "kind": "unit", "duration": 1}}}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn a_stranger_sees_the_verdict_and_no_details() {
    let details = r#""b": {"outcome": "failed", "class": "c", "kind": "http", "duration": 1, "message": "secret",
        "times": {"sandbox": 0.123456},
        "causes": ["secret"], "place": "secret.rs:1:1", "description": "secret", "tags": ["secret"], "log": ["secret"],
        "requests": [{"method": "GET", "path": "/secret", "status": 200, "duration": 1}]}"#;
    let json = format!(
        r#"{{"status": "FAIL", "reasons": ["too few tests"], "build": "b1", "instance": "i1", "run": "r1",
        "tests": {{{PASSED}, {details}}}}}"#
    );
    let report = read(&json).unwrap();
    let shown = report.without_details();
    for format in [Format::Text, Format::Json] {
        assert!(report.render(format).contains("secret"));
        assert!(!shown.render(format).contains("secret"));
    }
    assert!(report.render(Format::Json).contains("0.123456"));
    assert!(!shown.render(Format::Json).contains("times"));
    assert_eq!(shown.verdict(), report.verdict());
    assert_eq!(shown.counts(), report.counts());
    assert_eq!(shown.reasons, report.reasons);
    assert_eq!(
        (
            shown.run.as_str(),
            shown.build.as_deref(),
            shown.instance.as_deref()
        ),
        ("r1", None, None)
    );
    assert_eq!(shown.tests[1].outcome, Outcome::Failed);
    assert!(shown.failed_tests().eq(["b"]));
}
