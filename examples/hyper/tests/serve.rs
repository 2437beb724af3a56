//! The service as its users meet it: a process that answers HTTP.

use examples_support::Service;

const BINARY: &str = env!("CARGO_BIN_EXE_hyper-example");

#[test]
fn the_endpoint_answers() {
    examples_support::has_smoke_tests(BINARY, 3);
}

#[test]
fn the_application_answers_as_before() {
    let service = Service::start(BINARY);
    for (method, path, status, body) in [
        ("GET", "/", 200, "the shop is open\n"),
        ("GET", "/prices/apple", 200, "120\n"),
        ("GET", "/prices/smoke", 404, "no such page\n"),
        ("POST", "/", 405, "look only\n"),
    ] {
        let answer = service.ask(method, path, "");
        assert_eq!((answer.status, &*answer.body), (status, body), "{path}");
    }
}

#[test]
fn sigterm_ends_the_service() {
    examples_support::ends_when_told(BINARY);
}

#[test]
fn a_port_that_cannot_be_used_is_named_with_the_remedy() {
    examples_support::names_ports_that_cannot_be_used(BINARY);
}
