//! SQLite.

use std::time::Duration;

use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Error, Executor, Sqlite, SqlitePool, raw_sql};
use tempfile::TempDir;

use super::Subject;
use crate::version::trusted;

impl Subject for Sqlite {
    type Kept = TempDir;

    const LONG: &str =
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

    async fn production() -> (TempDir, SqlitePool) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("app.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_millis(500));
        let pool = SqlitePoolOptions::new().connect_lazy_with(options);
        let table = "CREATE TABLE t (x INTEGER UNIQUE)";
        Self::run(&pool, table).await.unwrap();
        (folder, pool)
    }

    fn backend(production: &SqlitePool) -> impl Backend<Pool = SqlitePool> {
        Rollback::like(production)
    }

    async fn run(pool: &SqlitePool, sql: &str) -> Result<(), Error> {
        raw_sql(trusted(sql)).execute(pool).await.map(|_| ())
    }

    async fn run_on(connection: &mut Self::Connection, sql: &str) -> Result<(), Error> {
        let ran = connection.execute(raw_sql(trusted(sql))).await;
        ran.map(|_| ())
    }

    async fn rows(pool: &SqlitePool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }
}
