//! The database.

use std::env;

use anyhow::{Context as _, Result};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};

const TABLES: &str =
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)";

pub(crate) async fn open() -> Result<DatabaseConnection> {
    let url = env::var("DATABASE_URL")
        .unwrap_or_else(|_| "sqlite://axum-sea-orm.sqlite3?mode=rwc".to_owned());
    let mut options = ConnectOptions::new(&url);
    // A sandbox may hold the write lock for a second: whoever writes meanwhile waits, which is
    // five seconds long unless set.
    options.map_sqlx_sqlite_opts(|options| options.pragma("journal_mode", "WAL"));
    let db = Database::connect(options).await.with_context(|| {
        format!("DATABASE_URL is {url:?}, and that cannot be opened: set it to sqlite://PATH")
    })?;
    db.execute_unprepared(TABLES).await?;
    Ok(db)
}
