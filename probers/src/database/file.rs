//! A SQLite file.

use std::fs;
use std::path::PathBuf;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

/// A file with a table for orders.
#[derive(Debug)]
pub(super) struct File(PathBuf);

impl File {
    pub(super) fn new(path: PathBuf) -> Self {
        let file = Self(path);
        let schema = "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)";
        file.connect().batch_execute(schema).unwrap();
        file
    }

    pub(super) fn url(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }

    pub(super) fn connect(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.url()).unwrap()
    }

    /// A connection that has the writer's lock.
    pub(super) fn lock(&self) -> SqliteConnection {
        let mut connection = self.connect();
        let lock = "PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE";
        connection.batch_execute(lock).unwrap();
        connection
    }

    /// Takes the file away, or brings it back.
    pub(super) fn set_there(&self, is_there: bool) {
        let (here, away) = (self.url(), format!("{}.away", self.url()));
        if is_there {
            fs::rename(away, here).unwrap();
        } else {
            fs::rename(here, away).unwrap();
        }
    }
}
