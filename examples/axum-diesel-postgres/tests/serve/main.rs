//! The service as its users meet it: a process that answers HTTP.

#![expect(clippy::unwrap_used, reason = "tests")]

mod database;
mod service;

use std::time::{Duration, Instant};

use database::Database;
use examples_support::{Answer, Service, Starting};
use service::{TOKEN, refuses_to_start, spawn, start};

const PASS: &str = "PASS\n\
    test classes: 2\n\
    tests run: 5\n\
    tests passed: 5\n\
    tests failed: 0\n\
    tests errored: 0\n\
    time: ";

/// Within which time a service ends that was told to, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
fn assert_pass(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_eq!(answer.header("x-smoke-status"), Some("PASS"));
}

fn place_an_order(service: &Service) {
    let product = r#"{"name":"Kettle","stock":3}"#;
    assert_eq!(service.post_json("/products", product).status, 201);
    let order = r#"{"product_id":1,"quantity":2}"#;
    assert_eq!(service.post_json("/orders", order).status, 201);
}

#[test]
fn strangers_see_the_verdict() {
    let database = Database::new();
    let service = start(&database);
    let answer = service.get("/smoketest/");
    assert_pass(&answer);
    assert_eq!(answer.header("x-smoke-build"), None);
    assert!(answer.body.starts_with(PASS), "{answer:#?}");
    let report = service.get("/smoketest/?format=json").json();
    assert_eq!(report["status"], "PASS");
    assert_eq!(report["tests_run"], 5);
    let test = &report["tests"]["axum_diesel_postgres::smoke::orders::Orders::take_from_the_stock"];
    assert_eq!(test["outcome"], "passed");
}

#[test]
fn everything_else_needs_the_token() {
    let database = Database::new();
    let service = start(&database);
    for (method, path) in [
        ("GET", "/smoketest/slow/"),
        ("GET", "/smoketest/?select=tag:orders"),
        ("POST", "/smoketest/"),
    ] {
        for headers in ["", "Authorization: Bearer guessed\r\n"] {
            let answer = service.ask(method, path, headers);
            assert_eq!(answer.status, 401, "{method} {path}: {answer:#?}");
            assert!(answer.body.starts_with("FAIL\n"), "{method} {path}");
        }
        assert_pass(&service.ask(method, path, TOKEN));
    }
    let report = service.ask("GET", "/smoketest/slow/?format=json", TOKEN);
    assert_eq!(report.json()["tests_run"], 6);
    assert_eq!(database.rows(), (0, 0));
}

#[test]
fn ten_runs_change_nothing_in_the_database() {
    let database = Database::new();
    let service = start(&database);
    place_an_order(&service);
    for _ in 0..10 {
        assert_pass(&service.ask("POST", "/smoketest/", TOKEN));
    }
    assert_eq!(database.rows(), (1, 1));
    let product = service.get("/products/1").json();
    assert_eq!(product["stock"], 1);
}

#[test]
fn a_lost_table_is_a_fail_that_names_the_tests() {
    let database = Database::new();
    let service = start(&database);
    database.lose_the_orders();
    assert_eq!(
        service.get("/health").status,
        200,
        "a SELECT 1 sees nothing of it"
    );
    let answer = service.ask("GET", "/smoketest/", TOKEN);
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert_eq!(answer.header("x-smoke-status"), Some("FAIL"));
    let line = "axum_diesel_postgres::smoke::orders::Orders::take_from_the_stock failed: \
                POST /orders answered 500 Internal Server Error, wanted 201; body: {\"error\":\"internal error\"} \
                (caused by: during POST /orders the database last said: relation \"orders\" does not exist)";
    assert!(
        answer.body.lines().any(|found| found == line),
        "{answer:#?}"
    );
}

#[test]
fn sigterm_during_a_slow_run_ends_the_service_and_leaves_no_rows() {
    let database = Database::new();
    let mut service = start(&database);
    let asked = service.asking("GET", "/smoketest/slow/", TOKEN);
    service.wait_for_log("placing many orders");
    let told = Instant::now();
    service.terminate();
    service.wait_for_log("draining");
    // A second signal ends the drain.
    service.terminate();
    let answer = asked.answer();
    // The run may have been quicker than the signal.
    let status = answer.header("x-smoke-status");
    assert!(
        matches!(
            (answer.status, status),
            (503, Some("FAIL")) | (200, Some("PASS"))
        ),
        "{answer:#?}"
    );
    assert!(service.wait().success());
    assert!(told.elapsed() < PATIENCE, "{:?}", told.elapsed());
    assert_eq!(database.rows(), (0, 0));
}

#[test]
fn replicas_share_the_database() {
    let database = Database::new();
    let starting = [(), ()].map(|()| spawn(&database));
    for service in starting.map(Starting::started) {
        assert_pass(&service.get("/smoketest/"));
    }
    assert_eq!(database.rows(), (0, 0));
}

#[test]
fn what_cannot_be_used_is_named_with_the_remedy() {
    let database = Database::new();
    let service = start(&database);
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
        (
            "SMOKE_TOKEN",
            "",
            "error: SMOKE_TOKEN is not set: set it to a long random text",
        ),
        (
            "DATABASE_URL",
            "",
            "error: DATABASE_URL is not set: set it to the URL of a PostgreSQL database",
        ),
        (
            "DATABASE_URL",
            "sqlite://secret",
            "error: DATABASE_URL does not begin with postgres://: set it to",
        ),
        (
            "DATABASE_URL",
            "postgres://me:secret@127.0.0.1:1/shop",
            "is the server up, and may the user create tables?",
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
