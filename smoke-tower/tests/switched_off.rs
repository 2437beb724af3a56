//! What the environment says: in a process of its own, since the environment is the whole process's.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::process::Command;

use http::StatusCode;
use smoke_testing::{PATIENCE, output};
use support::{get, open, passing};

/// Runs an ignored test of this file with a variable set.
#[track_caller]
fn passes_with(variable: (&str, &str), test: &str) {
    let (name, value) = variable;
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "--ignored", test]);
    let ran = output(alone.env(name, value), PATIENCE);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{name}={value}: {said}");
    assert!(said.contains("1 passed"), "{name}={value}: {said}");
}

#[test]
fn the_environment_switches_runs_off_and_on() {
    for value in ["1", "yes"] {
        passes_with(("SMOKE_OFF", value), "runs_are_switched_off");
    }
    for value in ["0", "false", ""] {
        passes_with(("SMOKE_OFF", value), "runs_are_not_switched_off");
    }
}

#[test]
fn the_environment_skips_tests_and_says_so() {
    passes_with(
        ("SMOKE_SKIP", "shop, tag:none"),
        "what_matches_nothing_is_a_fail",
    );
    passes_with(("SMOKE_SKIP", "shop::opens"), "a_test_is_skipped");
}

#[test]
fn a_variable_that_cannot_be_read_is_said_to_be() {
    passes_with(("SMOKE_SCHEDULE", "soon"), "a_schedule_cannot_be_read");
}

#[tokio::test]
#[ignore = "run by another test, with SMOKE_OFF set"]
async fn runs_are_switched_off() {
    let shop = open(passing());
    let answer = get(&shop, "/smoketest/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.first_line(), "FAIL");
    assert!(
        answer.body.contains("switched off by SMOKE_OFF"),
        "{}",
        answer.body
    );
    assert_eq!(answer.headers["x-smoke-set"], "SMOKE_OFF");
    assert_eq!(get(&shop, "/").await.body, "the shop at /");
    for (path, status) in [
        ("live", 200),
        ("startup", 200),
        ("ready", 200),
        ("status", 503),
    ] {
        let answer = get(&shop, &format!("/smoketest/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.headers["x-smoke-set"], "SMOKE_OFF");
    }
}

#[tokio::test]
#[ignore = "run by another test, with SMOKE_OFF set"]
async fn runs_are_not_switched_off() {
    let answer = get(&open(passing()), "/smoketest/").await;
    assert_eq!(answer.first_line(), "PASS");
    assert!(!answer.headers.contains_key("x-smoke-set"));
}

#[tokio::test]
#[ignore = "run by another test, with SMOKE_SKIP set"]
async fn what_matches_nothing_is_a_fail() {
    let answer = get(&open(passing()), "/smoketest/").await;
    assert_eq!(answer.first_line(), "FAIL");
    let said = "SMOKE_SKIP cannot be followed: no test matches \"tag:none\"";
    assert!(answer.body.contains(said), "{}", answer.body);
    assert_eq!(answer.headers["x-smoke-reason"], "registry");
}

#[tokio::test]
#[ignore = "run by another test, with SMOKE_SKIP set"]
async fn a_test_is_skipped() {
    let registry = passing().test(smoke_tower::Test::new("shop::sells", async || {}));
    let answer = get(&open(registry), "/smoketest/").await;
    assert_eq!(answer.first_line(), "PASS");
    let said = "shop::opens skipped: skipped by SMOKE_SKIP";
    assert!(answer.body.contains(said), "{}", answer.body);
    assert_eq!(answer.headers["x-smoke-set"], "SMOKE_SKIP");
}

#[tokio::test]
#[ignore = "run by another test, with SMOKE_SCHEDULE set"]
async fn a_schedule_cannot_be_read() {
    let answer = get(&open(passing()), "/smoketest/").await;
    assert_eq!(answer.first_line(), "FAIL");
    let said = "SMOKE_SCHEDULE is \"soon\"";
    assert!(answer.body.contains(said), "{}", answer.body);
}
