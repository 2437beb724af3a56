//! The smoke tests without a server.

use std::process::{Command, Output};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use smoke_testing::{PATIENCE, Running, output};

use crate::BINARY;
use crate::database::Database;

pub(crate) fn smoke(
    database: &Database,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Output {
    output(&mut command(database, arguments, environment), PATIENCE)
}

fn command(database: &Database, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().env("DATABASE_URL", database.url());
    command.envs(environment.iter().copied());
    command.arg("smoke").args(arguments);
    command
}

/// Whether somebody is in the midst of a write.
fn is_locked(database: &Database) -> bool {
    let mut connection = SqliteConnection::establish(&database.url()).unwrap();
    match connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK") {
        Ok(()) => false,
        Err(error) => error.to_string() == "database is locked" || panic!("{error}"),
    }
}

#[test]
fn the_command_passes_and_changes_nothing_in_the_database() {
    let database = Database::new();
    let arguments = [
        "--slow", "--format", "json", "--kind", "unit", "--kind", "http",
    ];
    let ended = smoke(&database, &arguments, &[]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["status"], "PASS");
    assert_eq!(report["tests_run"], crate::SLOW_TESTS);
    assert_eq!(database.rows(), (0, 0, 0));
}

#[cfg(feature = "browser")]
#[test]
fn a_person_signs_up_in_a_browser_and_leaves_nothing() {
    let database = Database::new();
    let path = std::env::var("PATH").unwrap_or_default();
    let ended = smoke(&database, &["--slow", "tag:browser"], &[("PATH", &path)]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let report = String::from_utf8_lossy(&ended.stdout);
    assert!(report.contains("PASS 1 passed in "), "{report}");
    assert_eq!(database.rows(), (0, 0, 0));
}

#[test]
fn the_command_fails_where_writes_do() {
    let database = Database::new();
    let ended = smoke(&database, &["tag:sign-up"], &[(crate::BREAK, "writes")]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let report = String::from_utf8(ended.stdout).unwrap();
    for line in [
        "failed quickstart::smoke::users::a_user_can_sign_up",
        "  POST /users answered 500 Internal Server Error, wanted 201",
        "    POST /users: 500 [",
        "  log:\n    ERROR quickstart::error: the disk is full\n",
        "FAIL 1 passed, 3 failed in ",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn a_run_that_is_stopped_leaves_nothing() {
    for (signals, code, reason) in [
        (&["INT", "INT"][..], 130, "stopped by Ctrl-C"),
        (&["TERM"], 143, "stopped by SIGTERM"),
    ] {
        let database = Database::new();
        let environment = [(crate::BREAK, "mail"), ("RUST_LOG", "warn")];
        let test = ["quickstart::smoke::users::a_user_can_sign_up"];
        let mut running = Running::start(&mut command(&database, &test, &environment));
        // The handler has written the user by then.
        running.until("waiting for the mail server");
        for signal in signals {
            running.signal(signal);
            running.until("stopping");
        }
        let (ended, report) = running.end();
        assert_eq!(ended, Some(code), "{report}");
        for line in [
            "errored quickstart::smoke::users::a_user_can_sign_up",
            "  log:\n    WARN quickstart::mail: waiting for the mail server",
            &format!("reason: {reason}\n"),
            "FAIL 0 passed, 1 errored in ",
        ] {
            assert!(report.contains(line), "{line}: {report}");
        }
        assert!(!is_locked(&database));
        assert_eq!(database.rows(), (0, 0, 0));
    }
}

#[cfg(feature = "browser")]
#[test]
fn a_browser_that_nobody_has_is_no_pass() {
    let database = Database::new();
    let ended = smoke(
        &database,
        &["--slow", "tag:browser"],
        &[("PATH", "/nowhere")],
    );
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    let report = String::from_utf8(ended.stdout).unwrap();
    for line in [
        "skipped quickstart::smoke::browser::a_person_signs_up: no WebDriver was found: chromedriver or geckodriver\n",
        "FAIL 0 passed, 1 skipped in ",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let database = Database::new();
    let ended = smoke(&database, &[], &[("DATABASE_URL", crate::OTHER_DATABASE.0)]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.starts_with(crate::OTHER_DATABASE.1), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
