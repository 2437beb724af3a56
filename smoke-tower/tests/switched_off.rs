//! `SMOKE_OFF`: in a process of its own, since the environment is the whole process's.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::process::Command;

use http::StatusCode;
use smoke_testing::{PATIENCE, output};
use support::{get, open, passing};

#[test]
fn the_environment_switches_runs_off_and_on() {
    for (value, off) in [
        ("1", true),
        ("yes", true),
        ("0", false),
        ("false", false),
        ("", false),
    ] {
        let test = if off {
            "runs_are_switched_off"
        } else {
            "runs_are_not_switched_off"
        };
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "--ignored", test]);
        let ran = output(alone.env("SMOKE_OFF", value), PATIENCE);
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "SMOKE_OFF={value}: {said}");
        assert!(said.contains("1 passed"), "SMOKE_OFF={value}: {said}");
    }
}

#[tokio::test]
#[ignore = "run by the_environment_switches_runs_off_and_on, with SMOKE_OFF set"]
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
    assert_eq!(get(&shop, "/").await.body, "the shop at /");
}

#[tokio::test]
#[ignore = "run by the_environment_switches_runs_off_and_on, with SMOKE_OFF set"]
async fn runs_are_not_switched_off() {
    assert_eq!(
        get(&open(passing()), "/smoketest/").await.first_line(),
        "PASS"
    );
}
