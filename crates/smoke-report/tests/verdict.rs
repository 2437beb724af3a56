//! PASS has to be earned.

use std::time::Duration;

use smoke_report::{
    Kind,
    Outcome::{self, Errored, Failed, Passed, Skipped},
    Report, TestReport, Verdict,
};

fn report(outcomes: &[Outcome]) -> Report {
    let mut report = Report::new("r1");
    report.tests = outcomes
        .iter()
        .enumerate()
        .map(|(n, outcome)| {
            TestReport::new(
                format!("t{n}"),
                format!("c{}", n / 2),
                Kind::Unit,
                *outcome,
                Duration::ZERO,
            )
        })
        .collect();
    report
}

#[test]
fn passed_tests_pass_also_beside_skipped_ones() {
    assert_eq!(report(&[Passed]).verdict(), Verdict::Pass);
    assert_eq!(report(&[Skipped, Passed]).verdict(), Verdict::Pass);
    assert!(report(&[Skipped, Passed]).fail_reasons().is_empty());
}

#[test]
fn one_test_that_failed_or_errored_fails_the_run() {
    for bad in [Failed, Errored] {
        let report = report(&[Passed, Passed, bad]);
        assert_eq!(report.verdict(), Verdict::Fail);
        assert!(report.fail_reasons().is_empty());
    }
}

#[test]
fn one_reason_fails_the_run() {
    let mut report = report(&[Passed]);
    report.reasons.push("too few tests".to_owned());
    assert_eq!(report.verdict(), Verdict::Fail);
    assert_eq!(report.fail_reasons(), ["too few tests"]);
}

#[test]
fn a_run_of_nothing_is_a_fail_that_says_so() {
    for outcomes in [&[][..], &[Skipped, Skipped]] {
        let report = report(outcomes);
        assert_eq!(report.verdict(), Verdict::Fail);
        assert_eq!(report.fail_reasons(), ["no test ran"]);
    }
    assert_eq!(Report::refused("r1", "busy").fail_reasons(), ["busy"]);
}

#[test]
fn classes_are_counted_among_the_tests_that_ran() {
    let report = report(&[Passed, Failed, Errored, Skipped, Skipped, Skipped]);
    let counts = report.counts();
    assert_eq!((counts.test_classes, counts.run), (2, 3));
    assert_eq!((counts.passed, counts.failed, counts.errored), (1, 1, 1));
    assert_eq!(counts.skipped, 3);
    assert!(report.failed_tests().eq(["t1"]));
    assert!(report.errored_tests().eq(["t2"]));
    assert!(report.skipped_tests().eq(["t3", "t4", "t5"]));
}
