//! The shop itself.

use examples_support::refusal;
use smoke_conformance::eventually_blocking;

use crate::environment::Environment;
use crate::visitor::{APPLES, Visitor};
use crate::{BINARY, PATIENCE};

#[test]
fn an_order_is_placed_once_and_its_mail_arrives() {
    let environment = Environment::new();
    let service = environment.start();
    let visitor = Visitor::new(&service);
    let first = visitor.order("1", APPLES);
    assert_eq!(first.status, 201, "{first:#?}");
    let again = visitor.order("1", APPLES);
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = visitor.order("1", r#"{"item":"pear","quantity":2}"#);
    assert_eq!(other.status, 409, "{other:#?}");
    assert_eq!(environment.rows()[..3], [1, 1, 1]);
    let subjects = || environment.mails.subjects();
    let wanted = ["Welcome", "Your order 1"];
    eventually_blocking(PATIENCE, subjects, |subjects| *subjects == wanted).unwrap();
    eventually_blocking(
        PATIENCE,
        || environment.rows(),
        |rows| *rows == [1, 1, 1, 0],
    )
    .unwrap();
}

#[test]
fn a_session_lasts_until_its_user_signs_out() {
    let environment = Environment::new();
    let service = environment.start();
    let visitor = Visitor::new(&service);
    assert_eq!(visitor.get("/me").status, 200);
    let keys = environment.keys();
    assert!(
        keys.len() == 1 && keys[0].starts_with("session:"),
        "{keys:?}"
    );
    assert_eq!(visitor.sign_out().status, 204);
    assert_eq!(visitor.get("/me").status, 401);
    assert_eq!(environment.keys(), [""; 0]);
}

#[test]
fn what_is_missing_at_start_is_named_without_its_password() {
    let environment = Environment::new();
    let variables = environment.variables();
    for (index, value, said) in [
        (0, "", "DATABASE_URL is not set"),
        (
            0,
            "mysql://me:secret@db/shop",
            "DATABASE_URL does not begin with postgres://",
        ),
        (
            0,
            "postgres://me:secret@127.0.0.1:1/shop",
            "that DATABASE_URL names cannot be used",
        ),
        (
            1,
            "redis://:secret@127.0.0.1:1",
            "that REDIS_URL names cannot be used",
        ),
        (2, "", "MAIL_URL is not set"),
    ] {
        let mut variables = variables.each_ref().map(|(name, value)| (*name, &**value));
        variables[index].1 = value;
        // Without one there would be a warning beside the error.
        let key = "k".repeat(64);
        let variables = [&variables[..], &[("SESSION_KEY", &*key)]].concat();
        let error = refusal(BINARY, &variables);
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("secret"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
