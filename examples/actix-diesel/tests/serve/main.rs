//! The service as its users meet it: a process that answers HTTP.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../../../quickstart/tests/serve/database.rs"]
mod database;
#[cfg(feature = "postgres")]
mod postgres;
#[path = "../../../quickstart/tests/serve/service.rs"]
mod service;
#[path = "../../../quickstart/tests/serve/users.rs"]
mod users;

const BINARY: &str = env!("CARGO_BIN_EXE_actix-diesel");

/// With which the names of its tests begin.
const NAME: &str = "actix_diesel";

/// The variable that breaks it.
const BREAK: &str = "ACTIX_DIESEL_BREAK";

/// How many tests a fast run has, and in how many classes.
const FAST_TESTS: (u32, u32) = (9, 3);

/// How many tests a slow run has.
const SLOW_TESTS: u32 = 10;

/// A database that it cannot use, and what it says of it.
const OTHER_DATABASE: (&str, &str) = (
    "mysql://me:secret@db/shop",
    "error: DATABASE_URL begins with mysql://, and this service uses SQLite or PostgreSQL",
);

#[cfg(not(feature = "postgres"))]
#[test]
fn a_build_for_sqlite_says_how_to_get_one_for_postgres() {
    let database = database::Database::new();
    let url = "postgres://me:secret@db/shop";
    let error = service::refuses_to_start(&database, ("DATABASE_URL", url));
    let said = "error: DATABASE_URL begins with postgres://, and this build knows SQLite alone: \
                start the service with `cargo run -p actix-diesel --features postgres`";
    assert!(error.starts_with(said), "{error}");
    assert!(!error.contains("secret"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
