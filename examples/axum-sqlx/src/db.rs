//! The database.

use std::env;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

const TABLES: &str =
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)";

pub(crate) async fn open() -> Result<SqlitePool> {
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://axum-sqlx.sqlite3".to_owned());
    let options: SqliteConnectOptions = url
        .parse()
        .with_context(|| format!("DATABASE_URL is {url:?}: set it to sqlite://PATH"))?;
    // A sandbox may hold the write lock for a second: whoever writes meanwhile waits.
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePool::connect_with(options)
        .await
        .with_context(|| format!("DATABASE_URL is {url:?}, and that cannot be opened"))?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    Ok(pool)
}
