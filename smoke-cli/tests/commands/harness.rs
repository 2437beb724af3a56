//! Smoke tests under `cargo test`, and as nextest asks for them.

use crate::process::run;
use crate::tests;

tests![
    nextest_lists_each_test_by_its_name_and_the_slow_ones_as_ignored,
    nextest_runs_one_test_by_its_name,
    a_test_that_failed_says_why,
    all_tests_of_a_process_are_one_run,
    a_slow_test_runs_where_it_is_asked_for,
    a_registry_without_tests_is_no_success,
    a_broken_registry_fails_each_test,
    several_tests_of_which_none_passed_are_no_success,
    a_test_that_only_warns_breaks_nothing,
    a_browser_test_runs_as_others_do,
];

fn a_browser_test_runs_as_others_do() {
    let ended = run("browsing-harness", &[]);
    assert_eq!(ended.code, Some(101));
    assert!(ended.out.contains("kept in nowhere"), "{}", ended.out);
}

fn nextest_lists_each_test_by_its_name_and_the_slow_ones_as_ignored() {
    let all = run("harness", &["--list", "--format", "terse"]);
    let ignored = run("harness", &["--list", "--format", "terse", "--ignored"]);
    assert_eq!((all.code, ignored.code), (Some(0), Some(0)));
    assert_eq!(all.out.lines().count(), 9, "{}", all.out);
    assert!(
        all.out.contains("shop::notes::Notes::can_be_many: test\n"),
        "{}",
        all.out
    );
    assert_eq!(ignored.out, "shop::stock::is_counted: test\n");
    assert_eq!(all.err, "");
}

fn nextest_runs_one_test_by_its_name() {
    let passed = run("harness", &["shop::page::opens", "--exact", "--nocapture"]);
    assert_eq!(passed.code, Some(0), "{}", passed.out);
    assert!(
        passed
            .out
            .contains("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 8 filtered out")
    );
    let failed = run("harness", &["shop::page::sells", "--exact", "--nocapture"]);
    assert_eq!(failed.code, Some(101), "{}", failed.out);
    let skipped = run(
        "harness",
        &["shop::mail::arrives", "--exact", "--nocapture"],
    );
    assert_eq!(skipped.code, Some(0));
    assert!(
        skipped
            .out
            .contains("shop::mail::arrives ... ignored (there is no mail server yet)"),
        "{}",
        skipped.out
    );
}

fn a_test_that_failed_says_why() {
    let ended = run("harness", &["shop::page::sells", "--exact"]);
    for line in [
        "failed: POST /orders answered 500 Internal Server Error, wanted 201",
        "requests:",
        "POST /orders: 500 [",
    ] {
        assert!(ended.out.contains(line), "{line}: {}", ended.out);
    }
    let ended = run("harness", &["shop::page::speaks_plainly", "--exact"]);
    let log = "log:\n  WARN commands::programs: \\u{1b}[2Jthe till\n  is shut <&> amount=14";
    assert!(ended.out.contains(log), "{}", ended.out);
}

fn all_tests_of_a_process_are_one_run() {
    let ended = run("harness", &[]);
    assert_eq!(ended.code, Some(101));
    assert!(
        ended
            .out
            .contains("test result: FAILED. 4 passed; 3 failed; 2 ignored"),
        "{}",
        ended.out
    );
    assert_eq!(
        ended.err.matches("the notes are set up").count(),
        1,
        "{}",
        ended.err
    );
    // Those that are filtered out are not run: neither is their set-up.
    let others = run("harness", &["shop::cart"]);
    assert_eq!(others.err, "");
}

fn a_slow_test_runs_where_it_is_asked_for() {
    let ended = run("harness", &["--ignored"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("test result: ok. 1 passed; 0 failed; 0 ignored"),
        "{}",
        ended.out
    );
}

fn a_registry_without_tests_is_no_success() {
    let ended = run("empty-harness", &[]);
    assert_eq!(ended.code, Some(101));
    assert!(
        ended.err.starts_with("error: no tests are registered"),
        "{}",
        ended.err
    );
}

fn a_broken_registry_fails_each_test() {
    let ended = run("twice-harness", &[]);
    assert_eq!(ended.code, Some(101));
    assert!(
        ended
            .out
            .contains("not run: two tests are called shop::opens"),
        "{}",
        ended.out
    );
}

fn several_tests_of_which_none_passed_are_no_success() {
    let ended = run("all-skipped-harness", &[]);
    assert_eq!(ended.code, Some(101), "{}", ended.out);
    assert!(ended.err.contains("error: no test ran"), "{}", ended.err);
    assert!(ended.out.contains("0 failed; 2 ignored"), "{}", ended.out);
}

fn a_test_that_only_warns_breaks_nothing() {
    let harness = run("warned-harness", &[]);
    assert_eq!(harness.code, Some(0), "{}", harness.out);
    assert!(
        harness
            .out
            .contains("ignored (warned: the disk is almost full"),
        "{}",
        harness.out
    );
    let command = run("warned", &[]);
    assert_eq!(command.code, Some(0), "{}", command.out);
    assert!(
        command.out.contains("1 passed, 1 warned"),
        "{}",
        command.out
    );
    assert!(
        command.out.contains("the disk is almost full"),
        "{}",
        command.out
    );
    let junit = run("warned", &["--format", "junit"]);
    assert_eq!(junit.code, Some(0), "{}", junit.out);
    assert!(
        junit.out.contains("<skipped message=\"warned: the disk"),
        "{}",
        junit.out
    );
}
