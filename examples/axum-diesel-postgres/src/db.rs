//! The database: its pool and its migrations.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use deadpool::Runtime;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::config::Config;

pub(crate) type Pool = diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Of replicas that start at once, one migrates and the others wait. Any number of one's own.
const MIGRATION_LOCK: i64 = 4_703_118_526;

const CONNECTING: Duration = Duration::from_secs(5);

/// Opens the database and brings it up to date.
pub(crate) async fn open(config: &Config) -> Result<Pool> {
    migrate(&config.database_url).await.context(
        "the database that DATABASE_URL names cannot be used: \
         is the server up, and may the user create tables?",
    )?;
    let manager = AsyncDieselConnectionManager::new(&config.database_url);
    Pool::builder(manager)
        .max_size(10)
        .wait_timeout(Some(CONNECTING))
        .create_timeout(Some(CONNECTING))
        .runtime(Runtime::Tokio1)
        .build()
        .context("failed to make the pool")
}

async fn migrate(url: &str) -> Result<()> {
    let connecting = tokio::time::timeout(CONNECTING, AsyncPgConnection::establish(url));
    let mut connection = connecting
        .await
        .map_err(|_| anyhow!("no connection within {CONNECTING:?}"))??;
    // The end of the connection releases the lock.
    let lock = format!("SELECT pg_advisory_lock({MIGRATION_LOCK})");
    connection.batch_execute(&lock).await?;
    AsyncMigrationHarness::new(connection)
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow!(error))?;
    Ok(())
}
