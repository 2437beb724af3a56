//! The same service on PostgreSQL.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use examples_support::Service;
use uuid::Uuid;

use crate::database::Database;
use crate::service::{refuses_to_start, start};
use crate::users::assert_pass;

/// A schema of one test, in the database that the environment names.
struct Schema {
    server: String,
    name: String,
}

impl Schema {
    fn new() -> Self {
        let server = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let name = format!("actix_diesel_{}", Uuid::new_v4().simple());
        let schema = Self { server, name };
        schema.run(&format!("CREATE SCHEMA {}", schema.name));
        schema
    }

    /// A URL whose connections find and make their tables in the schema.
    fn url(&self) -> String {
        let Self { server, name } = self;
        let joint = if server.contains('?') { '&' } else { '?' };
        format!("{server}{joint}options=-csearch_path%3D{name}")
    }

    fn service(&self, environment: &[(&str, &str)]) -> Service {
        let url = self.url();
        let environment = [environment, &[("DATABASE_URL", &*url)]].concat();
        start(&Database::new(), &environment)
    }

    /// The rows of the users and of the notes.
    fn rows(&self) -> (i64, i64) {
        let mut connection = self.connect();
        let mut count = |table: &str| {
            let counting = sql::<BigInt>(&format!("SELECT count(*) FROM {}.{table}", self.name));
            counting.get_result(&mut connection).unwrap()
        };
        (count("users"), count("notes"))
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.server).unwrap()
    }

    fn run(&self, statement: &str) {
        self.connect().batch_execute(statement).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

#[test]
fn a_pass_is_answered_on_postgres_and_ten_runs_change_nothing() {
    let schema = Schema::new();
    let service = schema.service(&[]);
    let user = r#"{"email":"someone@example.com","name":"Someone"}"#;
    assert_eq!(service.post_json("/users", user).status, 201);
    let note = service.post_json("/users/1/notes", r#"{"text":"Milk"}"#);
    assert_eq!(note.status, 201);
    assert_eq!(schema.rows(), (1, 1));
    for _ in 0..10 {
        let answer = service.ask("POST", "/smoketest/slow/?format=json", "");
        assert_pass(&answer);
        let report = answer.json();
        // It has no file to look for.
        assert_eq!(report["tests_passed"], 9, "{report:#}");
        assert_eq!(report["tests_skipped"], 2, "{report:#}");
        let sign_up = &report["tests"]["actix_diesel::smoke::users::a_user_can_sign_up"];
        assert_eq!(sign_up["outcome"], "passed");
    }
    assert_eq!(schema.rows(), (1, 1));
    let again = service.post_json("/users", user);
    assert_eq!(again.status, 409, "the user is still there");
}

#[test]
fn a_postgres_that_only_reads_is_a_fail() {
    let schema = Schema::new();
    let service = schema.service(&[("ACTIX_DIESEL_BREAK", "writes")]);
    assert_eq!(service.get("/health").status, 200);
    let answer = service.get("/smoketest/");
    assert_eq!(answer.status, 503, "{answer:#?}");
    let line = "actix_diesel::smoke::users::a_user_can_sign_up errored: the database is read-only \
                (a replica, or default_transaction_read_only): \
                POST /users answered 500 Internal Server Error, wanted 201; \
                body: {\"error\":\"cannot execute INSERT in a read-only transaction\"}";
    assert!(
        answer.body.lines().any(|found| found == line),
        "{answer:#?}"
    );
    assert_eq!(schema.rows(), (0, 0));
}

#[test]
fn a_postgres_that_is_not_there_is_named_without_its_password() {
    let url = "postgres://me:secret@127.0.0.1:1/shop";
    let error = refuses_to_start(&Database::new(), ("DATABASE_URL", url));
    assert!(
        error.contains("that DATABASE_URL names cannot be used"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
