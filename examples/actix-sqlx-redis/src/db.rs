//! The database.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor as _, PgPool};

/// Of instances that start at once, one migrates and the others wait. Any number of one's own.
const MIGRATION_LOCK: i64 = 4_720_915_536;

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the database and brings it up to date.
pub(crate) async fn open(url: &str) -> Result<PgPool> {
    let pool = options()
        .connect(url)
        .await
        .context("the database that DATABASE_URL names cannot be used: is the server up?")?;
    migrate(&pool)
        .await
        .context("failed to bring the database up to date")?;
    Ok(pool)
}

/// Sets each connection up. The sandboxes of the smoke tests are `like(&pool)`, and get it too.
fn options() -> PgPoolOptions {
    let options = PgPoolOptions::new().acquire_timeout(PATIENCE);
    options.after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute("SET statement_timeout = '5s'").await?;
            Ok(())
        })
    })
}

async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await?;
    sqlx::raw_sql(include_str!("../migrations/tables.sql"))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
