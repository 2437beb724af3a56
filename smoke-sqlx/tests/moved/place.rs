//! SQLite, the database whose connections are moved from one pool of sqlx to the next.

use std::time::{Duration, Instant};

use smoke_sqlx::Rollback;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Sqlite, SqliteConnection, SqlitePool, raw_sql};
use tempfile::TempDir;

use crate::version::trusted;

/// How long to wait for what comes by itself, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long a sandbox is held where its limit is not to end anything.
pub(crate) const HELD: Duration = Duration::from_secs(30);

/// A statement that takes very long.
pub(crate) const LONG: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// A database of its own with a table `t (x)`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let table = raw_sql("CREATE TABLE t (x INTEGER UNIQUE)");
        let made = table.execute(&mut place.connect().await).await;
        made.unwrap();
        place
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.folder.path().join("app.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(5))
    }

    /// A connection of production's.
    async fn connect(&self) -> SqliteConnection {
        self.options().connect().await.unwrap()
    }

    /// A backend that moves connections.
    pub(crate) fn moving(&self) -> Rollback<Sqlite> {
        Rollback::with_options(self.options()).limit(HELD)
    }

    /// How many rows production has.
    pub(crate) async fn rows(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(&mut self.connect().await).await.unwrap()
    }

    /// Waits until the process has the file open no more.
    pub(crate) async fn until_none_is_left(&self) {
        let begun = Instant::now();
        while self.open() > 0 {
            assert!(begun.elapsed() < PATIENCE, "a connection is left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn open(&self) -> usize {
        let file = self.folder.path().canonicalize().unwrap().join("app.db");
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .flatten()
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .filter(|target| *target == file)
            .count()
    }
}

/// Runs statements on the pool.
pub(crate) async fn run(pool: &SqlitePool, sql: &str) -> Result<(), String> {
    let ran = raw_sql(trusted(sql)).execute(pool).await;
    ran.map(drop).map_err(|error| error.to_string())
}

/// Asks the pool for one number.
pub(crate) async fn ask(pool: &SqlitePool, sql: &'static str) -> Result<i64, String> {
    let asked = sqlx::query_scalar(sql).fetch_one(pool).await;
    asked.map_err(|error| error.to_string())
}
