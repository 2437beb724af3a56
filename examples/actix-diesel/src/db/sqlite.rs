//! SQLite.

use anyhow::{Context as _, Result, anyhow};
use diesel::SqliteConnection;
use diesel::connection::{Connection as _, SimpleConnection};
use diesel::r2d2::{CustomizeConnection, Error};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{SetUp, SqlitePool};
use crate::config::Config;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Opens the file, which is made where it is missing.
pub(super) fn open(config: &Config) -> Result<SqlitePool> {
    let url = &config.database_url;
    migrate(url).with_context(|| {
        format!(
            "DATABASE_URL is {url:?}, and that database cannot be used: \
             set it to the path of a SQLite file in a folder that exists and can be written to"
        )
    })?;
    super::pool(config).context("failed to connect to the database")
}

fn migrate(url: &str) -> Result<()> {
    let mut connection = SqliteConnection::establish(url)?;
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL")?;
    // Of two instances that start at once, one waits here for the other.
    connection
        .immediate_transaction(|connection| connection.run_pending_migrations(MIGRATIONS).map(drop))
        .map_err(|error| anyhow!(error))
}

impl CustomizeConnection<SqliteConnection, Error> for SetUp {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), Error> {
        // A sandbox may hold the write lock for a second: others wait longer than that.
        let mut statements = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                              PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
            .to_owned();
        if self.broken_writes {
            statements.push_str(
                "CREATE TEMP TRIGGER refuse_users BEFORE INSERT ON main.users \
                 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
            );
        }
        connection
            .batch_execute(&statements)
            .map_err(Error::QueryError)
    }
}
