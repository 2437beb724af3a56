//! What every example has to show.

use std::time::{Duration, Instant};

use crate::{Answer, Service, refusal};

/// Within which time a service ends that was told to, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the service and checks that its endpoint answers with that many passed tests and with the
/// build that the environment names, and that what else is asked for under the prefix is answered
/// by the endpoint too.
///
/// # Panics
///
/// When it is not so.
pub fn has_smoke_tests(binary: &str, tests: usize) {
    let service = Service::start_with(binary, &[("SMOKE_BUILD", "4f2a91c")]);
    let answer = service.get("/smoketest/");
    assert_eq!(answer.header("x-smoke-build"), Some("4f2a91c"));
    has_smoke_tests_of(tests, |method, path| service.ask(method, path, ""));
}

/// [`has_smoke_tests`] of what is asked otherwise.
///
/// # Panics
///
/// When it is not so.
pub fn has_smoke_tests_of(tests: usize, ask: impl Fn(&str, &str) -> Answer) {
    let wanted = format!(
        "PASS\ntest classes: 1\ntests run: {tests}\ntests passed: {tests}\ntests failed: 0\ntests errored: 0\ntime: "
    );
    for path in ["/smoketest/", "/smoketest", "/smoketest/slow/"] {
        let answer = ask("GET", path);
        assert_eq!(answer.status, 200, "{path}: {answer:#?}");
        assert_eq!(answer.header("x-smoke-status"), Some("PASS"));
        assert!(answer.body.starts_with(&wanted), "{path}: {answer:#?}");
    }
    has_begun(&ask);
    for (method, path, status) in [
        ("GET", "/smoketest/?format=json", 200),
        ("GET", "/smoketest/live", 200),
        ("GET", "/smoketest/startup/", 200),
        ("OPTIONS", "/smoketest/ready", 200),
        ("GET", "/smoketest/?format=xml", 400),
        ("POST", "/smoketest/", 200),
        ("GET", "/smoketest/nothing", 404),
        ("DELETE", "/smoketest/", 405),
        ("GET", "/smoketest/?select=nothing", 503),
    ] {
        let answer = ask(method, path);
        assert_eq!(answer.status, status, "{method} {path}: {answer:#?}");
        let verdict = if status == 200 { "PASS" } else { "FAIL" };
        let said = answer.header("x-smoke-status");
        assert_eq!(said, Some(verdict), "{method} {path}");
    }
    let head = ask("HEAD", "/smoketest/");
    assert_eq!((head.status, &*head.body), (200, ""), "{head:#?}");
    for path in ["/smoketests", "/nothing"] {
        let answer = ask("GET", path);
        let said = answer.header("x-smoke-status");
        assert_eq!(said, None, "{path} is the application's: {answer:#?}");
    }
}

/// Waits until the first scheduled run has ended, where there is a schedule.
fn has_begun(ask: impl Fn(&str, &str) -> Answer) {
    let began = Instant::now();
    while ask("GET", "/smoketest/startup").status != 200 {
        assert!(began.elapsed() < PATIENCE, "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts the service and checks that its own routes answer.
///
/// # Panics
///
/// When they do not.
pub fn sells(binary: &str) {
    let service = Service::start(binary);
    sells_of(|method, path| service.ask(method, path, ""));
}

/// [`sells`] of what is asked otherwise.
///
/// # Panics
///
/// When it is not so.
pub fn sells_of(ask: impl Fn(&str, &str) -> Answer) {
    for (path, body) in [("/", "the shop is open\n"), ("/prices/apple", "120\n")] {
        let answer = ask("GET", path);
        assert_eq!((answer.status, &*answer.body), (200, body), "{path}");
    }
    for (method, path, status) in [("GET", "/prices/smoke", 404), ("POST", "/", 405)] {
        let answer = ask(method, path);
        assert_eq!(answer.status, status, "{method} {path}: {answer:#?}");
        assert_eq!(answer.header("x-smoke-status"), None, "{method} {path}");
    }
}

/// Checks that the service ends in good order when it is told to: it asks for no more traffic, goes on
/// with what it has, and ends at once at a second signal.
///
/// # Panics
///
/// When it does not.
pub fn ends_when_told(binary: &str) {
    let mut service = Service::start(binary);
    assert_eq!(service.get("/smoketest/").status, 200);
    has_begun(|method, path| service.ask(method, path, ""));
    let ready = service.get("/smoketest/ready");
    assert_eq!(ready.status, 200, "{ready:#?}");
    assert!(ready.body.starts_with("PASS\n"), "{ready:#?}");
    let told = Instant::now();
    service.terminate();
    loop {
        let ready = service.get("/smoketest/ready");
        if ready.status == 503 {
            assert_eq!(ready.header("x-smoke-reason"), Some("draining"));
            break;
        }
        assert!(told.elapsed() < PATIENCE, "it does not drain: {ready:#?}");
    }
    for path in ["/smoketest/live", "/smoketest/"] {
        assert_eq!(service.get(path).status, 200, "{path} goes on");
    }
    service.terminate();
    let status = service.wait();
    assert!(status.success(), "{status}");
    let took = told.elapsed();
    assert!(took < PATIENCE, "it took {took:?}");
}

/// Checks that the service says in one line what is wrong with `PORT`, and what to do.
///
/// # Panics
///
/// When it does not.
pub fn names_ports_that_cannot_be_used(binary: &str) {
    let service = Service::start(binary);
    let taken = service.address().port().to_string();
    for (port, said) in [
        ("many", "PORT is \"many\": set it to a number"),
        ("65536", "PORT is \"65536\": set it to a number"),
        (
            &*taken,
            "is in use: stop what listens there, or set PORT to another one",
        ),
    ] {
        let error = refusal(binary, &[("PORT", port)]);
        assert!(error.contains(said), "PORT={port}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
