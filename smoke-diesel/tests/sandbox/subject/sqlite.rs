//! SQLite, diesel, r2d2.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::BigInt;
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;
use tempfile::TempDir;

use super::{Held, Subject, r2d2};

pub(crate) type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

pub(crate) struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    pub(crate) fn url(&self) -> String {
        self.folder.path().join("app.db").to_str().unwrap().into()
    }

    pub(crate) fn connect(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.url()).unwrap()
    }

    pub(crate) fn rollback(&self) -> Rollback<ConnectionManager<SqliteConnection>> {
        Rollback::new(self.url()).setup(|c| c.batch_execute("PRAGMA foreign_keys = ON"))
    }
}

impl Subject for Sqlite {
    type Pool = Pool;

    const LONG: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    async fn new() -> Self {
        let subject = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        subject
            .connect()
            .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER UNIQUE)")
            .unwrap();
        subject
    }

    fn backend(&self) -> impl Backend<Pool = Pool> {
        self.rollback()
    }

    fn unreachable() -> (impl Backend<Pool = Pool>, &'static str) {
        (
            Rollback::new("/nonexistent/app.db"),
            // Bindings begin with an upper case letter or not.
            "nable to open",
        )
    }

    async fn run(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::run(pool, sql).await
    }

    async fn transaction(pool: &Pool, sql: &str, commit: bool) {
        r2d2::transaction(pool, sql, commit).await;
    }

    async fn hold(pool: &Pool) -> Held {
        r2d2::hold(pool).await
    }

    async fn run_on(held: &mut Held, sql: &str) -> Result<(), String> {
        r2d2::run_on::<SqliteConnection>(held, sql).await
    }

    async fn panic(pool: &Pool) {
        r2d2::panic(pool).await;
    }

    fn survives_a_panic() -> bool {
        false
    }

    fn deferred(&self) -> &'static str {
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
    }

    async fn rows(&self) -> i64 {
        let mut connection = self.connect();
        // Whoever closes the last connection but this one is in the way for a moment.
        connection
            .batch_execute("PRAGMA busy_timeout = 1000")
            .unwrap();
        sql::<BigInt>("SELECT count(*) FROM t")
            .get_result(&mut connection)
            .unwrap()
    }

    async fn can_write(&self) -> Result<(), String> {
        self.connect()
            .batch_execute("BEGIN IMMEDIATE; ROLLBACK")
            .map_err(|error| error.to_string())
    }
}
