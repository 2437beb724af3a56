//! SQLite.

use anyhow::{Context as _, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tempfile::TempDir;

use super::Database;

/// A file in a folder of its own.
#[derive(Debug)]
pub struct SqliteDatabase {
    url: String,
    _folder: TempDir,
}

impl Database for SqliteDatabase {
    const NAME: &'static str = "SQLite";
    const LANES: usize = 1;
    const COUNTS: &'static [&'static str] = &[];

    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("bench.db");
        let options = SqliteConnectOptions::new().filename(&file);
        let mut connection =
            SqliteConnection::connect_with(&options.create_if_missing(true)).await?;
        for sql in [
            // The mode stays with the file.
            "PRAGMA journal_mode = WAL",
            "CREATE TABLE benched (id INTEGER PRIMARY KEY, note TEXT NOT NULL)",
        ] {
            connection.execute(sql).await?;
        }
        connection.close().await?;
        Ok(Self {
            url: file.to_str().context("a path that is not text")?.to_owned(),
            _folder: folder,
        })
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn version(&self) -> Result<String> {
        let options = SqliteConnectOptions::new().filename(&self.url);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut connection)
            .await?;
        Ok(version)
    }

    async fn connections(&self) -> Result<i64> {
        Ok(0)
    }

    async fn counts(&self) -> Result<Vec<i64>> {
        Ok(Vec::new())
    }

    async fn forget_statements(&self) -> Result<()> {
        Ok(())
    }

    async fn statement_texts(&self, _: &str) -> Result<Option<i64>> {
        Ok(None)
    }

    async fn remove(self) -> Result<()> {
        Ok(())
    }
}
