//! SQLite, diesel, r2d2.

use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel::result::Error;
use diesel::sql_types::{Nullable, Text};
use smoke_core::Backend;
use smoke_diesel::r2d2::{Interact, Rollback};
use tempfile::TempDir;

use super::{HELD, PATIENCE, Place};

pub(crate) type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

pub(crate) struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    fn url(&self) -> String {
        self.folder.path().join("app.db").to_str().unwrap().into()
    }

    fn connect(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.url()).unwrap()
    }

    /// How many times this process has opened the file.
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

fn first(connection: &mut SqliteConnection, query: &str) -> Result<String, Error> {
    let rows: Vec<Option<String>> = sql::<Nullable<Text>>(query).load(connection)?;
    let first = rows.into_iter().next().flatten();
    Ok(first.unwrap_or_else(|| "NULL".to_owned()))
}

/// Does something with the pool's connection.
async fn with<T: Send + 'static>(
    pool: &Pool,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let done = pool.interact(work).await;
    done.map_err(|error| error.to_string())
}

impl Place for Sqlite {
    type Pool = Pool;

    const WHO: &'static str = "SELECT CAST(smoke_identity() AS TEXT)";

    const LONG: &'static str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    async fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        place
            .connect()
            .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER UNIQUE)")
            .unwrap();
        place
    }

    fn moving(&self, limit: Duration) -> impl Backend<Pool = Pool> {
        Rollback::new(self.url()).limit(limit)
    }

    fn reading(&self) -> impl Backend<Pool = Pool> {
        Rollback::new(self.url()).limit(HELD).read_only()
    }

    fn one_a_test(&self) -> impl Backend<Pool = Pool> {
        Rollback::new(self.url())
            .limit(HELD)
            .one_connection_a_test()
    }

    async fn run(pool: &Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        with(pool, move |connection| connection.batch_execute(&sql)).await
    }

    async fn ask(pool: &Pool, sql: &str) -> Result<String, String> {
        let sql = sql.to_owned();
        with(pool, move |connection| first(connection, &sql)).await
    }

    async fn roll_back(pool: &Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        let rolled_back = move |connection: &mut SqliteConnection| {
            let ended = connection.transaction::<(), _, _>(|connection| {
                connection.batch_execute(&sql)?;
                Err(Error::RollbackTransaction)
            });
            match ended {
                Err(Error::RollbackTransaction) => Ok(()),
                ended => ended,
            }
        };
        with(pool, rolled_back).await
    }

    async fn leave_open(pool: &Pool) -> Result<(), String> {
        with(pool, AnsiTransactionManager::begin_transaction).await
    }

    async fn rows(&self) -> i64 {
        let mut connection = self.connect();
        // Whoever closes the last connection but this one is in the way for a moment.
        let patient = connection.batch_execute("PRAGMA busy_timeout = 1000");
        patient.unwrap();
        let rows = first(&mut connection, "SELECT CAST(count(*) AS TEXT) FROM t");
        rows.unwrap().parse().unwrap()
    }

    async fn end(&self, who: &str) {
        let kept = smoke_sqlite::find(who.parse().unwrap()).unwrap();
        assert_eq!(kept.cut(PATIENCE), smoke_sqlite::Cut::RolledBack);
    }

    async fn made(&self) -> Option<usize> {
        let begun = Instant::now();
        while self.open() > 0 {
            assert!(begun.elapsed() < PATIENCE, "a connection is left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    }
}
