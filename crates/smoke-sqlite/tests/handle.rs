//! A connection that belongs to diesel, held from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use smoke_conformance::eventually_blocking;
use smoke_sqlite::{Cut, Handle, IDENTITY, find, take_opened, watch_process, watch_thread};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(10);
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

struct Database {
    folder: TempDir,
}

impl Database {
    fn new() -> Self {
        let database = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        database
            .connect()
            .batch_execute("CREATE TABLE t (x INTEGER)")
            .unwrap();
        database
    }

    fn connect(&self) -> SqliteConnection {
        let file = self.folder.path().join("app.db");
        SqliteConnection::establish(file.to_str().unwrap()).unwrap()
    }

    fn watched(&self) -> (SqliteConnection, Handle) {
        watch_thread().unwrap();
        let connection = self.connect();
        (connection, take_opened().unwrap())
    }

    fn rows(&self) -> i64 {
        number(&mut self.connect(), "(SELECT count(*) FROM t)").unwrap()
    }
}

fn number(connection: &mut SqliteConnection, sql: &str) -> QueryResult<i64> {
    diesel::select(diesel::dsl::sql::<BigInt>(sql)).get_result(connection)
}

/// Held by whom it matters to whether the whole process is watched.
fn watching_process() -> MutexGuard<'static, ()> {
    static WATCHING: Mutex<()> = Mutex::new(());
    WATCHING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_handle_belongs_to_the_connection_that_was_opened() {
    let database = Database::new();
    let (mut first, first_handle) = database.watched();
    let (mut second, second_handle) = database.watched();
    let identity = format!("{IDENTITY}()");
    assert_eq!(number(&mut first, &identity).unwrap(), first_handle.id());
    assert_eq!(number(&mut second, &identity).unwrap(), second_handle.id());
    assert_ne!(first_handle.id(), second_handle.id());
}

#[test]
fn connections_of_other_threads_are_not_touched() {
    let _alone = watching_process();
    let database = Database::new();
    let _watched = database.watched();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = database.connect();
            assert!(take_opened().is_none());
            assert!(number(&mut connection, &format!("{IDENTITY}()")).is_err());
        });
    });
}

#[test]
fn a_sealed_connection_commits_nothing() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    connection
        .batch_execute("INSERT INTO t VALUES (1)")
        .unwrap();
    handle.seal();
    for sql in [
        "INSERT INTO t VALUES (2)",
        "BEGIN; INSERT INTO t VALUES (3); COMMIT",
        "PRAGMA user_version = 7",
        "SAVEPOINT s; INSERT INTO t VALUES (4); RELEASE s",
    ] {
        assert!(connection.batch_execute(sql).is_err(), "{sql}");
    }
    assert_eq!(handle.refused_commits(), 4);
    drop(connection);
    assert_eq!(database.rows(), 1);
}

#[test]
fn what_went_wrong_is_known_until_the_next_statement() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    assert_eq!(handle.last_error(), None);
    connection
        .batch_execute("SELECT license FROM t")
        .unwrap_err();
    let (code, said) = handle.last_error().unwrap();
    assert_eq!((code & 0xff, &*said), (1, "no such column: license"));
    assert_eq!(handle.last_error().unwrap().1, said);
    // It ends in a row, and that is no error.
    assert_eq!(number(&mut connection, "1").unwrap(), 1);
    assert_eq!(handle.last_error(), None);
    number(&mut connection, "abs(-9223372036854775808)").unwrap_err();
    assert_eq!(handle.last_error().unwrap().1, "integer overflow");
    drop(connection);
    assert_eq!(handle.last_error(), None);
}

#[test]
fn a_connection_that_is_in_use_is_not_asked() {
    let database = Database::new();
    let (connection, handle) = database.watched();
    let running = runs_for_ever(connection, ENDLESS);
    // Nobody ends the statement where this waits for it.
    for _ in 0..100 {
        assert_eq!(handle.last_error(), None);
        thread::yield_now();
    }
    assert_eq!(handle.cut(PATIENCE), Cut::RolledBack);
    ended(running);
}

#[test]
fn a_long_statement_is_interrupted_and_rolled_back() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    connection
        .batch_execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        .unwrap();
    let running = runs_for_ever(connection, ENDLESS);
    assert_eq!(handle.cut(PATIENCE), Cut::RolledBack);
    let mut connection = ended(running);
    // The write lock is free, and the connection is good for nothing any more.
    database
        .connect()
        .batch_execute("BEGIN IMMEDIATE; ROLLBACK")
        .unwrap();
    connection
        .batch_execute("INSERT INTO t VALUES (2)")
        .unwrap_err();
    assert_eq!(database.rows(), 0);
}

/// Runs statements again and again on a thread of its own, until one fails; it has begun.
fn runs_for_ever(
    mut connection: SqliteConnection,
    sql: &'static str,
) -> JoinHandle<SqliteConnection> {
    let (started, begun) = mpsc::channel();
    let running = thread::spawn(move || {
        started.send(()).unwrap();
        let error = loop {
            if let Err(error) = connection.batch_execute(sql) {
                break error;
            }
        };
        assert!(!error.to_string().is_empty());
        connection
    });
    begun.recv_timeout(PATIENCE).unwrap();
    running
}

/// What a thread returns, which ends in time.
fn ended<T>(thread: JoinHandle<T>) -> T {
    eventually_blocking(2 * PATIENCE, || thread.is_finished(), |ended| *ended).unwrap();
    thread.join().unwrap()
}

#[test]
fn an_idle_connection_is_rolled_back() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    connection
        .batch_execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        .unwrap();
    let cut = thread::spawn(move || handle.cut(PATIENCE));
    assert_eq!(ended(cut), Cut::RolledBack);
    connection.batch_execute("COMMIT").unwrap_err();
    assert_eq!(database.rows(), 0);
}

#[test]
fn a_loop_of_short_statements_does_not_escape_the_cut() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    handle.seal();
    connection.batch_execute("BEGIN IMMEDIATE").unwrap();
    let short = "INSERT INTO t VALUES (1); SELECT count(*) FROM t";
    let running = runs_for_ever(connection, short);
    assert_eq!(handle.cut(PATIENCE), Cut::RolledBack);
    ended(running).batch_execute("SELECT 1").unwrap_err();
    assert_eq!(database.rows(), 0);
}

#[test]
fn a_closed_connection_is_left_alone() {
    let database = Database::new();
    let (connection, handle) = database.watched();
    drop(connection);
    handle.seal();
    assert!(!handle.has_deferred_violations());
    assert_eq!(handle.cut(PATIENCE), Cut::Closed);
}

#[test]
fn closing_and_cutting_at_the_same_time_is_safe() {
    let database = Database::new();
    for _ in 0..200 {
        let (mut connection, handle) = database.watched();
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        thread::scope(|scope| {
            scope.spawn(move || drop(connection));
            assert_ne!(handle.cut(PATIENCE), Cut::Busy);
        });
    }
}

#[test]
fn a_deferred_violation_is_seen_before_the_commit() {
    let database = Database::new();
    let (mut connection, handle) = database.watched();
    connection
        .batch_execute(
            "PRAGMA foreign_keys = ON; CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
             BEGIN; INSERT INTO child VALUES (1)",
        )
        .unwrap();
    assert!(handle.has_deferred_violations());
    connection
        .batch_execute("INSERT INTO parent VALUES (1)")
        .unwrap();
    assert!(!handle.has_deferred_violations());
}

#[test]
fn a_connection_of_any_thread_is_found_by_its_identity() {
    let _alone = watching_process();
    let database = Database::new();
    let watching = watch_process().unwrap();
    let mut connection = thread::scope(|scope| scope.spawn(|| database.connect()).join().unwrap());
    drop(watching);
    let id = number(&mut connection, &format!("{IDENTITY}()")).unwrap();
    let handle = find(id).unwrap();
    assert_eq!(handle.id(), id);
    handle.seal();
    connection
        .batch_execute("INSERT INTO t VALUES (1)")
        .unwrap_err();
    assert_eq!(handle.refused_commits(), 1);
    drop((connection, handle));
    assert!(find(id).is_none());
    assert_eq!(database.rows(), 0);
}
