//! The function as Lambda meets it: a process that asks for events and answers them.

#![expect(clippy::unwrap_used, reason = "tests")]

mod lambda;

use lambda::Function;

const BINARY: &str = env!("CARGO_BIN_EXE_lambda-example");

#[test]
fn the_endpoint_answers() {
    let function = Function::start(BINARY);
    examples_support::has_smoke_tests_of(3, |method, path| function.ask(method, path));
}

#[test]
fn an_answer_names_the_version_and_the_instance() {
    let function = Function::start(BINARY);
    let answer = function.ask("GET", "/smoketest/");
    assert_eq!(answer.header("x-smoke-build"), Some("7"));
    assert_eq!(
        answer.header("x-smoke-instance"),
        Some("2026/01/05/[7]1f3c")
    );
}

#[test]
fn the_application_answers_as_before() {
    let function = Function::start(BINARY);
    examples_support::sells_of(|method, path| function.ask(method, path));
}

#[test]
fn what_is_no_lambda_is_named_with_the_remedy() {
    let error = examples_support::refusal(BINARY, &[]);
    assert!(
        error.contains("AWS_LAMBDA_RUNTIME_API is not set"),
        "{error}"
    );
    assert!(error.contains("cargo lambda watch"), "{error}");
}
