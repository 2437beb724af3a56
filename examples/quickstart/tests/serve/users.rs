//! A service with users and notes, on SQLite. `crate` says which one.

use std::time::{Duration, Instant};

use examples_support::Answer;

use crate::database::Database;
use crate::service::{refuses_to_start, start};
use crate::{BREAK, FAST_TESTS, NAME, OTHER_DATABASE, SLOW_TESTS};

/// How a PASS begins.
fn pass() -> String {
    let (tests, classes) = FAST_TESTS;
    format!(
        "PASS\ntest classes: {classes}\ntests run: {tests}\ntests passed: {tests}\n\
         tests failed: 0\ntests errored: 0\ntests skipped: 1\ntime: "
    )
}

/// Within which time a service ends that was told to, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
pub(crate) fn assert_pass(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_eq!(answer.header("x-smoke-status"), Some("PASS"));
}

#[test]
fn a_pass_is_answered_as_text() {
    let database = Database::new();
    let service = start(&database, &[("SMOKE_BUILD", "4f2a91c")]);
    let answer = service.get("/smoketest/");
    assert_pass(&answer);
    assert_eq!(answer.header("x-smoke-build"), Some("4f2a91c"));
    assert!(answer.body.starts_with(&pass()), "{answer:#?}");
    let (_, skipped) = answer.body.split_once("\n\n").unwrap();
    assert_eq!(
        skipped,
        format!(
            "{NAME}::smoke::service::mail_arrives skipped: the mail server has no address for tests yet\n"
        )
    );
}

#[test]
fn a_pass_is_answered_as_json() {
    let database = Database::new();
    let service = start(&database, &[]);
    let answer = service.ask("GET", "/smoketest/", "Accept: application/json\r\n");
    assert_pass(&answer);
    let report = answer.json();
    assert_eq!(report["status"], "PASS");
    let (tests, classes) = FAST_TESTS;
    assert_eq!(report["tests_run"], tests);
    for (key, value) in [
        ("test_classes", classes),
        ("tests_passed", tests),
        ("tests_failed", 0),
        ("tests_errored", 0),
    ] {
        assert_eq!(report[key], value, "{key}");
    }
    for key in ["failed_tests", "errored_tests"] {
        assert!(report[key].as_array().unwrap().is_empty(), "{key}");
    }
    assert!(report["time"].is_number());
    let sign_up = &report["tests"][format!("{NAME}::smoke::users::a_user_can_sign_up")];
    assert_eq!(sign_up["outcome"], "passed");
    assert_eq!(sign_up["kind"], "http");
}

#[test]
fn slow_runs_more_tests() {
    let database = Database::new();
    let service = start(&database, &[]);
    let fast = service.get("/smoketest/?format=json").json();
    let answer = service.get("/smoketest/slow/?format=json");
    assert_pass(&answer);
    let slow = answer.json();
    assert_eq!(fast["tests_run"], FAST_TESTS.0);
    assert_eq!(slow["tests_run"], SLOW_TESTS);
    assert_eq!(
        slow["tests"][format!("{NAME}::smoke::notes::Notes::can_be_many")]["outcome"],
        "passed"
    );
    assert_eq!(database.rows(), (0, 0, 0));
}

#[test]
fn ten_runs_change_nothing_in_the_database() {
    let database = Database::new();
    let service = start(&database, &[]);
    let user = r#"{"email":"someone@example.com","name":"Someone"}"#;
    assert_eq!(service.post_json("/users", user).status, 201);
    assert_eq!(
        service
            .post_json("/users/1/notes", r#"{"text":"Milk"}"#)
            .status,
        201
    );
    let before = database.rows();
    assert_eq!(before, (1, 1, 2));
    let mut runs: Vec<String> = (0..10)
        .map(|_| {
            let answer = service.ask("POST", "/smoketest/", "");
            assert_pass(&answer);
            answer.header("x-smoke-run").unwrap().to_owned()
        })
        .collect();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 10, "each POST starts a run");
    assert_eq!(database.rows(), before);
    assert_eq!(
        service.post_json("/users", user).status,
        409,
        "the user is still there"
    );
}

#[test]
fn a_broken_write_path_is_a_fail_that_names_the_test_and_the_reason() {
    let database = Database::new();
    let service = start(&database, &[(BREAK, "writes")]);
    assert_eq!(
        service.get("/health").status,
        200,
        "a SELECT 1 sees nothing of it"
    );
    let answer = service.get("/smoketest/");
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert_eq!(answer.header("x-smoke-status"), Some("FAIL"));
    assert!(answer.body.starts_with("FAIL\n"));
    let line = format!(
        "{NAME}::smoke::users::a_user_can_sign_up failed: POST /users answered 500 Internal Server Error, \
                wanted 201; body: {{\"error\":\"the disk is full\"}}"
    );
    assert!(
        answer.body.lines().any(|found| found == line),
        "{answer:#?}"
    );
}

#[test]
fn other_paths_and_methods_are_answered_by_whose_they_are() {
    let database = Database::new();
    let service = start(&database, &[]);
    for (method, path, status) in [
        ("GET", "/smoketest", 200),
        ("HEAD", "/smoketest/", 200),
        ("GET", "/smoketest/?select=tag:notes", 200),
        ("GET", "/smoketest/?select=nothing", 503),
        ("GET", "/smoketest/nothing", 404),
        ("DELETE", "/smoketest/", 405),
    ] {
        let answer = service.ask(method, path, "");
        assert_eq!(answer.status, status, "{method} {path}: {answer:#?}");
        assert!(answer.header("x-smoke-status").is_some(), "{method} {path}");
    }
    for (path, status) in [("/smoketests", 404), ("/users", 200), ("/users/1", 404)] {
        let answer = service.get(path);
        assert_eq!(answer.status, status, "{path}: {answer:#?}");
        assert_eq!(answer.header("x-smoke-status"), None, "{path}");
    }
}

#[test]
fn sigterm_during_a_slow_run_ends_the_service_and_leaves_no_rows() {
    // A run may be quicker than the signal: then another one is tried.
    let stopped = (0..20).any(|_| sigterm_stops_a_slow_run());
    assert!(stopped, "no run was stopped");
}

fn sigterm_stops_a_slow_run() -> bool {
    let database = Database::new();
    let mut service = start(&database, &[]);
    let asked = service.asking("GET", "/smoketest/slow/", "");
    service.wait_for_log("writing many notes");
    let told = Instant::now();
    service.terminate();
    service.wait_for_log("draining");
    // A second signal ends the drain.
    service.terminate();
    let answer = asked.answer();
    let stopped = answer.status == 503;
    assert!(stopped || answer.body.starts_with("PASS\n"), "{answer:#?}");
    assert!(service.wait().success());
    assert!(told.elapsed() < PATIENCE, "{:?}", told.elapsed());
    assert_eq!(database.rows(), (0, 0, 0));
    stopped
}

#[test]
fn two_services_can_share_the_database() {
    let database = Database::new();
    let services = [start(&database, &[]), start(&database, &[])];
    for service in &services {
        assert_pass(&service.get("/smoketest/"));
    }
    assert_eq!(database.rows(), (0, 0, 0));
}

#[test]
fn what_cannot_be_used_is_named_with_the_remedy() {
    let database = Database::new();
    let service = start(&database, &[]);
    let taken = service.address().port().to_string();
    for (name, value, said) in [
        (
            "PORT",
            "many",
            "error: PORT is \"many\": set it to a number",
        ),
        (
            "PORT",
            &*taken,
            "is in use: stop what listens there, or set PORT to another one",
        ),
        ("DATABASE_URL", OTHER_DATABASE.0, OTHER_DATABASE.1),
        (
            "DATABASE_URL",
            ":memory:",
            "error: DATABASE_URL is \":memory:\": set it to the path of a file",
        ),
        (
            "DATABASE_URL",
            "/dev/null/no.sqlite3",
            "that database cannot be used: set it to the path of a SQLite file",
        ),
        (
            BREAK,
            "all",
            &format!("error: {BREAK} is \"all\": set it to \"writes\""),
        ),
    ] {
        let error = refuses_to_start(&database, (name, value));
        assert!(error.contains(said), "{name}={value}: {error}");
        assert!(
            !error.contains("panicked") && !error.contains("secret"),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
