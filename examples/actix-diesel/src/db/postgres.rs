//! PostgreSQL.

use anyhow::{Context as _, Result, anyhow};
use diesel::PgConnection;
use diesel::connection::{Connection as _, SimpleConnection};
use diesel::r2d2::{CustomizeConnection, Error};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{PgPool, SetUp};
use crate::config::Config;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Of instances that start at once, one migrates and the others wait. Any number of one's own.
const MIGRATION_LOCK: i64 = 7_215_300_864;

pub(super) fn open(config: &Config) -> Result<PgPool> {
    migrate(&config.database_url).context(
        "the database that DATABASE_URL names cannot be used: \
         is the server up, and may the user create tables?",
    )?;
    super::pool(config).context("failed to connect to the database")
}

fn migrate(url: &str) -> Result<()> {
    let mut connection = PgConnection::establish(url).map_err(|error| {
        // libpq says it in several lines.
        let words = error.to_string();
        anyhow!(words.split_whitespace().collect::<Vec<_>>().join(" "))
    })?;
    // The end of the connection releases the lock.
    connection.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow!(error))?;
    Ok(())
}

impl CustomizeConnection<PgConnection, Error> for SetUp {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), Error> {
        if self.broken_writes {
            // As after a failover to a server that only reads.
            connection
                .batch_execute("SET default_transaction_read_only = on")
                .map_err(Error::QueryError)?;
        }
        Ok(())
    }
}
