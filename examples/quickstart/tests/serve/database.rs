//! A database of one test.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;

pub(crate) struct Database(TempDir);

impl Database {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn url(&self) -> String {
        let path = self.0.path().join("users.sqlite3");
        path.to_str().unwrap().to_owned()
    }

    /// The rows of the users, of the notes and of SQLite's own table of sequences.
    pub(crate) fn rows(&self) -> (i64, i64, i64) {
        let mut connection = SqliteConnection::establish(&self.url()).unwrap();
        let mut count = |table: &str| {
            let counting = sql::<BigInt>(&format!("SELECT count(*) FROM {table}"));
            counting.get_result(&mut connection).unwrap()
        };
        (count("users"), count("notes"), count("sqlite_sequence"))
    }
}
