//! The report in each format.

use std::io::Cursor;
use std::process::Command;

use insta::assert_snapshot;

use crate::process::{Ended, ended, run};
use crate::redact::redacted;
use crate::tests;

tests![
    people_read_what_failed_and_why,
    text_and_json_are_those_of_the_endpoint,
    junit_is_read_by_another_parser,
    junit_is_valid_by_the_schema_of_jenkins,
    junit_says_why_a_run_failed_that_ran_nothing,
    a_file_of_junit_stands_beside_the_report,
    what_shows_a_failure_stands_beside_the_file_of_junit,
    a_list_names_the_tests_that_would_run,
];

fn what_shows_a_failure_stands_beside_the_file_of_junit() {
    let folder = tempfile::tempdir().unwrap();
    let (file, kept) = (
        folder.path().join("smoke.xml"),
        folder.path().join("smoke.artifacts"),
    );
    let ended = run("browsing", &["--junit", file.to_str().unwrap()]);
    let said = format!("kept in {}", kept.display());
    assert!(ended.out.contains(&said), "{}", ended.out);
    let ended = run("browsing", &[]);
    assert!(ended.out.contains("kept in nowhere"), "{}", ended.out);
}

fn people_read_what_failed_and_why() {
    let ended = run("shop", &["--slow"]);
    redacted(|| assert_snapshot!("human", ended.out));
}

fn text_and_json_are_those_of_the_endpoint() {
    redacted(|| assert_snapshot!("text", run("shop", &["--slow", "--format", "text"]).out));
    let json = run("shop", &["--slow", "--format", "json"]).out;
    let report: smoke_core::Report = serde_json::from_str(&json).unwrap();
    assert_eq!(report.counts().run, 8);
    redacted(|| assert_snapshot!("json", json));
}

fn junit_is_read_by_another_parser() {
    let ended = run("shop", &["--slow", "--format", "junit"]);
    let read = junit_parser::from_reader(Cursor::new(&ended.out)).unwrap();
    let skipped: u64 = read.suites.iter().map(|suite| suite.skipped).sum();
    assert_eq!(
        (read.tests, read.failures, read.errors, skipped),
        (10, 3, 0, 1)
    );
    let cases: Vec<_> = read.suites.iter().flat_map(|suite| &suite.cases).collect();
    let failed = cases
        .iter()
        .find(|case| case.original_name == "balances")
        .unwrap();
    assert_eq!(failed.classname.as_deref(), Some("shop::cart"));
    assert!(
        failed
            .status
            .failure_as_ref()
            .message
            .starts_with("the balance is off: ")
    );
    let skipped = cases
        .iter()
        .find(|case| case.original_name == "arrives")
        .unwrap();
    assert_eq!(
        skipped.status.skipped_as_ref().message,
        "there is no mail server yet"
    );
    redacted(|| assert_snapshot!("junit", ended.out));
}

fn junit_is_valid_by_the_schema_of_jenkins() {
    for (program, arguments) in [
        ("shop", &["--slow"][..]),
        ("warned", &[]),
        ("twice", &[]),
        ("empty", &[]),
    ] {
        let ended = run(program, &[arguments, &["--format", "junit"]].concat());
        is_of_the_schema(&ended.out);
    }
    // It is one that refuses.
    let junit = run("empty", &["--format", "junit"]).out;
    let wrong = validated(&junit.replacen("<testsuites ", "<testsuites skipped=\"0\" ", 1));
    assert_eq!(wrong.code, Some(3), "{}", wrong.err);
    assert!(
        wrong.err.contains("'skipped' is not allowed"),
        "{}",
        wrong.err
    );
}

pub(crate) fn is_of_the_schema(xml: &str) {
    let ended = validated(xml);
    assert_eq!(ended.code, Some(0), "{}{xml}", ended.err);
}

/// What the program `xmllint` says of the document.
fn validated(xml: &str) -> Ended {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, xml).unwrap();
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/junit-10.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema", schema]);
    ended(command.arg(file.path()))
}

fn junit_says_why_a_run_failed_that_ran_nothing() {
    let ended = run("empty", &["--format", "junit"]);
    let read = junit_parser::from_reader(Cursor::new(&ended.out)).unwrap();
    assert_eq!((read.tests, read.errors), (1, 1));
    let error = read.suites[0].cases[0].status.error_as_ref();
    assert!(
        error.message.starts_with("no tests are registered"),
        "{error:?}"
    );
}

fn a_file_of_junit_stands_beside_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smoke.xml");
    std::fs::write(&file, "of an earlier run").unwrap();
    let ended = run("shop", &["shop::cart", "--junit", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.contains("FAIL 1 passed, 1 failed in "),
        "{}",
        ended.out
    );
    let written = std::fs::read_to_string(&file).unwrap();
    let read = junit_parser::from_reader(Cursor::new(written)).unwrap();
    assert_eq!((read.tests, read.failures), (3, 1));
}

fn a_list_names_the_tests_that_would_run() {
    let list = run("shop", &["--list", "shop::cart", "shop::mail"]);
    assert_eq!((list.code, &*list.err), (Some(0), ""));
    assert_eq!(
        list.out,
        "shop::cart::adds_up\nshop::cart::balances\nshop::mail::arrives\n"
    );
    let more = run("shop", &["--list", "--slow", "-v"]);
    assert_snapshot!("list", more.out);
    let json = run("shop", &["--list", "--format", "json", "tag:money"]).out;
    assert_snapshot!("list_json", json);
    assert_eq!(run("shop", &["--list", "shop::stock"]).code, Some(3));
}
