//! Its smoke tests.

use examples_support::{Answer, Service};
use smoke_conformance::eventually_blocking;
use uuid::Uuid;

use crate::PATIENCE;
use crate::environment::Environment;
use crate::visitor::{APPLES, USER, Visitor};

/// Asks for a run of its own.
fn run(service: &Service) -> Answer {
    service.ask("POST", "/smoketest/", "")
}

fn assert_pass(service: &Service) {
    let answer = run(service);
    assert_eq!(answer.status, 200, "{answer:#?}");
}

/// The lines of a FAIL about its tests, each with what was logged in it.
fn failures(service: &Service) -> Vec<String> {
    let answer = run(service);
    assert_eq!(answer.status, 503, "{answer:#?}");
    let health = service.get("/health");
    assert_eq!(health.status, 200, "the usual health check sees nothing");
    let (_, tests) = answer.body.split_once("\n\n").unwrap();
    let tests = tests.replace("\n    ", " | ");
    tests.lines().map(str::to_owned).collect()
}

/// The line about one test.
fn failure_of<'f>(failures: &'f [String], test: &str) -> &'f str {
    let failure = failures.iter().find(|line| line.contains(test));
    failure.unwrap_or_else(|| panic!("{test} passed: {failures:#?}"))
}

#[test]
fn the_endpoint_answers() {
    let environment = Environment::new();
    let service = environment.start();
    let answer = service.get("/smoketest/");
    let wanted = "PASS\ntest classes: 2\ntests run: 8\ntests passed: 8\n";
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(answer.body.starts_with(wanted), "{answer:#?}");
}

#[test]
fn ten_runs_leave_no_row_and_no_key_and_send_no_mail() {
    let environment = Environment::new();
    let service = environment.start();
    let visitor = Visitor::new(&service);
    let order = visitor.order("1", APPLES);
    assert_eq!(order.status, 201, "{order:#?}");
    let keys = environment.keys();
    for _ in 0..10 {
        assert_pass(&service);
    }
    assert_eq!(environment.keys(), keys);
    // The mail about the one order has been sent by then.
    let rows = eventually_blocking(PATIENCE, || environment.rows(), |rows| rows[3] == 0);
    assert_eq!(rows.unwrap(), [1, 1, 1, 0]);
    assert_eq!(environment.mails.subjects(), ["Welcome", "Your order 1"]);
    assert_eq!(visitor.get("/me").status, 200, "who is signed in stays so");
}

#[test]
fn a_redis_that_is_down_is_a_fail_that_names_it() {
    let environment = Environment::new();
    let service = environment.start();
    assert_pass(&service);
    environment.cut_redis();
    let failures = failures(&service);
    assert_eq!(failures.len(), 8, "{failures:#?}");
    for failure in &failures {
        let said = "redis, which keeps the sessions, gives no connection";
        assert!(
            failure.contains(" errored: ") && failure.contains(said),
            "{failure}"
        );
    }
    environment.mend_redis();
    assert_pass(&service);
    assert_eq!(environment.keys(), [""; 0]);
}

#[test]
fn a_table_of_mails_that_is_gone_is_a_fail_that_names_it() {
    let environment = Environment::new();
    let service = environment.start();
    assert_pass(&service);
    environment.change("ALTER TABLE {}.mails RENAME TO letters");
    let failures = failures(&service);
    let once = failure_of(&failures, "orders::an_order_is_placed_once");
    let said = r#"relation "mails" does not exist"#;
    assert!(once.contains(" failed: ") && once.contains(said), "{once}");
    let signed_in = failures
        .iter()
        .any(|line| line.contains("a_user_can_sign_in"));
    assert!(!signed_in, "that needs no such table: {failures:#?}");
}

#[test]
fn keys_that_are_not_unique_are_a_fail() {
    let environment = Environment::new();
    let service = environment.start();
    assert_pass(&service);
    environment.change("ALTER TABLE {}.idempotency DROP CONSTRAINT idempotency_pkey");
    let failures = failures(&service);
    let once = failure_of(&failures, "orders::an_order_is_placed_once");
    let said = "the same key gave two orders";
    assert!(once.contains(" failed: ") && once.contains(said), "{once}");
    assert_eq!(environment.rows(), [0, 0, 0, 0]);
}

#[test]
fn a_cookie_of_production_is_good_after_the_runs_and_a_user_can_still_sign_up() {
    let environment = Environment::new();
    let service = environment.start();
    assert_pass(&service);
    let signed_up = service.post_json("/users", USER);
    assert_eq!(signed_up.status, 201, "{signed_up:#?}");
    assert_pass(&service);
    assert_eq!(Visitor::known(&service).get("/me").status, 200);
}

/// Redis lets that user delete nothing.
#[test]
fn sessions_that_cannot_be_deleted_are_said_and_end_by_themselves() {
    let environment = Environment::new();
    let (user, password) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let rights = [">", &password].concat();
    environment.redis::<()>(&[
        "ACL", "SETUSER", &user, "on", &rights, "~*", "+@all", "-del",
    ]);
    let service = environment.start_on(&environment.redis_url_of(&user, &password));
    let failures = failures(&service);
    let sign_in = failure_of(&failures, "a_user_can_sign_in");
    let said = "'del' command";
    assert!(
        sign_in.contains(" errored: ") && sign_in.contains(said),
        "{sign_in}"
    );
    let keys = environment.keys();
    assert!(!keys.is_empty());
    for key in keys {
        assert!(key.starts_with("smoke:session:"), "{key}");
        // In seconds; it is below zero where a key is gone already, or would stay.
        let left: i64 = environment.redis(&["TTL", &key]);
        assert!(left <= 30 && left != -1, "{key}: {left}");
    }
    environment.redis::<()>(&["ACL", "DELUSER", &user]);
}
