//! The service as its users meet it: a process that answers HTTP.

const BINARY: &str = env!("CARGO_BIN_EXE_warp-example");

#[test]
fn the_endpoint_answers() {
    examples_support::has_smoke_tests(BINARY, 3);
}

#[test]
fn the_application_answers_as_before() {
    examples_support::sells(BINARY);
}

#[test]
fn sigterm_ends_the_service() {
    examples_support::ends_when_told(BINARY);
}

#[test]
fn a_port_that_cannot_be_used_is_named_with_the_remedy() {
    examples_support::names_ports_that_cannot_be_used(BINARY);
}
