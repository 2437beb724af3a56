//! Exit codes.

use std::fs::OpenOptions;

use crate::process::{command, ended, run};
use crate::tests;

tests![
    a_pass_is_zero,
    a_test_that_did_not_pass_is_one,
    what_cannot_be_followed_is_two_and_runs_nothing,
    what_nobody_can_say_is_three,
    a_pass_that_cannot_be_told_is_three,
    help_is_no_error,
    a_command_of_an_application_ends_as_the_program_does,
    a_program_may_be_called_in_a_runtime,
    no_schedule_is_started,
    a_pipeline_stops_at_the_first_kind_that_fails,
];

fn a_pass_is_zero() {
    let ended = run("shop", &["shop::cart::adds_up"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("PASS 1 passed in "), "{}", ended.out);
}

fn a_test_that_did_not_pass_is_one() {
    for label in ["shop::cart::balances", "shop::page::sells"] {
        assert_eq!(run("shop", &[label]).code, Some(1), "{label}");
    }
    // Also beside those that passed, and where the run stopped early.
    let ended = run("shop", &["--fail-fast"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.contains("FAIL 1 passed, 1 failed, 6 skipped in "),
        "{}",
        ended.out
    );
    // A limit that is over is the tests' fault.
    let mut command = command("hung", &["--timeout", "1s"]);
    let folder = tempfile::tempdir().unwrap();
    let ended =
        crate::process::ended(command.env(crate::programs::DIARY, folder.path().join("diary")));
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended.out.contains("the run's limit of 1s was near"),
        "{}",
        ended.out
    );
}

fn what_cannot_be_followed_is_two_and_runs_nothing() {
    for arguments in [
        &["shop::nowhere"][..],
        &["--skip", "shop::nowhere"],
        &["shop::["],
        &["--slow", "--quick"],
        &["--format", "xml"],
        &["--timeout", "1"],
        &["--timeout", "2h"],
        &["-q", "-v"],
        &["--list", "--format", "junit"],
        &["--junit", "/nowhere/smoke.xml"],
    ] {
        let ended = run("shop", arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(
            ended.err.starts_with("error: "),
            "{arguments:?}: {}",
            ended.err
        );
        assert_eq!(ended.out, "", "{arguments:?}");
    }
    let many: Vec<_> = (0..17).flat_map(|_| ["shop", "*::opens"]).collect();
    assert_eq!(run("shop", &many[..2]).code, Some(1));
    let each: Vec<_> = (0..33).map(|at| format!("{}*", "?".repeat(at))).collect();
    let each: Vec<_> = each.iter().map(String::as_str).collect();
    let ended = run("shop", &each[..]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
}

fn what_nobody_can_say_is_three() {
    for (program, arguments, reason) in [
        (
            "shop",
            &["shop::stock"][..],
            "every selected test is slow: ask for the slow tests",
        ),
        (
            "shop",
            &["shop::cart", "--skip", "tag:money"],
            "no test is selected",
        ),
        ("shop", &["shop::mail"], "no test ran"),
        ("empty", &[], "no tests are registered"),
        ("empty", &["shop::opens"], "no tests are registered"),
        ("twice", &[], "two tests are called shop::opens"),
    ] {
        let ended = run(program, arguments);
        assert_eq!(
            ended.code,
            Some(3),
            "{program} {arguments:?}: {}",
            ended.out
        );
        assert!(
            ended.out.contains(reason),
            "{program} {arguments:?}: {}",
            ended.out
        );
    }
    let off = ended(command("shop", &[]).env("SMOKE_OFF", "1"));
    assert_eq!(off.code, Some(3));
    assert!(
        off.out.contains("reason: switched off by SMOKE_OFF"),
        "{}",
        off.out
    );
}

fn a_pass_that_cannot_be_told_is_three() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (arguments, code) in [
        (&["shop::cart::adds_up"][..], 3),
        (&["shop::cart::adds_up", "--list"], 3),
        (&["shop::cart"], 1),
    ] {
        // Not by `output`, which has pipes of its own.
        let mut command = command("shop", arguments);
        let child = command
            .stdout(full())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("error: failed to write the "));
    }
    let file = run("shop", &["shop::cart::adds_up", "--junit", "/dev/full"]);
    assert_eq!(file.code, Some(3));
    assert!(file.out.contains("PASS"), "{}", file.out);
}

fn help_is_no_error() {
    let ended = run("shop", &["--help"]);
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    assert!(ended.out.contains("--fail-fast"), "{}", ended.out);
    // Also of a subcommand that says nothing about itself.
    let ended = run("embedded", &["smoke", "--help"]);
    let about = "Runs the smoke tests and rolls back what they wrote\n\nUsage: ";
    assert!(ended.out.starts_with(about), "{}", ended.out);
}

fn a_command_of_an_application_ends_as_the_program_does() {
    assert_eq!(run("embedded", &["serve"]).code, Some(0));
    for (arguments, code) in [
        (&["smoke", "shop::cart::adds_up"][..], 0),
        (&["smoke"], 1),
        (&["smoke", "shop::nowhere"], 2),
        (&["smoke", "--what"], 2),
        (&["smoke", "shop::mail"], 3),
    ] {
        assert_eq!(run("embedded", arguments).code, Some(code), "{arguments:?}");
    }
}

fn a_program_may_be_called_in_a_runtime() {
    for (program, code) in [("in-a-runtime", 0), ("harness-in-a-runtime", 0)] {
        let ended = run(program, &["shop::cart::adds_up"]);
        assert_eq!(ended.code, Some(code), "{program}: {}", ended.err);
    }
}

fn no_schedule_is_started() {
    assert_eq!(run("scheduled", &[]).code, Some(0));
    // The test would notice it.
    let started = run("started", &[]);
    assert_eq!(started.code, Some(1), "{}", started.out);
}

fn a_pipeline_stops_at_the_first_kind_that_fails() {
    let ended = run("shop", &["--pipeline", "--format", "text"]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    let kind = "not run: a test of kind unit did not pass, and the pipeline stops there";
    assert_eq!(ended.out.matches(kind).count(), 2, "{}", ended.out);
    // Those of the kind all run, and where they pass those of the next do, too.
    let ended = run("shop", &["--pipeline", "shop::notes", "shop::page::opens"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert!(ended.out.contains("PASS 3 passed in "), "{}", ended.out);
}
