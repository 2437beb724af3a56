//! The database that the replicas share.

use std::fs;
use std::path::PathBuf;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tempfile::TempDir;

/// A SQLite file.
#[derive(Debug)]
pub struct Database {
    folder: TempDir,
}

/// Holds the database's lock until it is dropped.
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Locked(#[expect(dead_code, reason = "is held for its drop")] SqliteConnection);

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

impl Database {
    /// With a table for orders.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "makes a file")]
    pub fn new() -> Self {
        let database = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut connection = SqliteConnection::establish(&database.url()).unwrap();
        let schema = "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)";
        connection.batch_execute(schema).unwrap();
        database
    }

    /// The folder that it is in.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The path of the file.
    #[must_use]
    pub fn url(&self) -> String {
        let path = self.folder.path().join("shop.db");
        path.to_str().unwrap().to_owned()
    }

    /// Locks out everybody else who writes.
    #[must_use]
    pub fn lock(&self) -> Locked {
        let mut connection = SqliteConnection::establish(&self.url()).unwrap();
        let lock = "PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE";
        connection.batch_execute(lock).unwrap();
        Locked(connection)
    }

    /// Takes the file away, or brings it back.
    pub fn set_there(&self, is_there: bool) {
        let (here, away) = (self.url(), format!("{}.away", self.url()));
        if is_there {
            fs::rename(away, here).unwrap();
        } else {
            fs::rename(here, away).unwrap();
        }
    }

    /// How many orders there are.
    #[must_use]
    pub fn orders(&self) -> i64 {
        let mut connection = SqliteConnection::establish(&self.url()).unwrap();
        let count = sql_query("SELECT count(*) AS rows FROM orders");
        count.get_result::<Rows>(&mut connection).unwrap().rows
    }
}
