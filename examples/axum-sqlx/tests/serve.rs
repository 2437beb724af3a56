//! The service as its users meet it: a process that answers HTTP.

use examples_support::{Service, has_smoke_tests_of};

#[test]
fn the_endpoint_answers_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let service = Service::start_with(
        env!("CARGO_BIN_EXE_axum-sqlx"),
        &[("DATABASE_URL", url.as_str())],
    );
    has_smoke_tests_of(3, |method, path| service.ask(method, path, ""));
    let users = service.get("/users");
    assert_eq!((users.status, &*users.body), (200, "[]"), "{users:#?}");
}
