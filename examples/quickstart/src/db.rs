//! The database: its pool, its connections, its migrations.

use anyhow::{Context as _, Result, anyhow};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::config::{Broken, Config};
use crate::error::AppError;

pub(crate) type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Opens the database, which is made where it is missing and brought up to date.
pub(crate) fn open(config: &Config) -> Result<Pool> {
    let url = &config.database_url;
    migrate(url).with_context(|| {
        format!(
            "DATABASE_URL is {url:?}, and that database cannot be used: \
             set it to the path of a SQLite file in a folder that exists and can be written to"
        )
    })?;
    Pool::builder()
        .connection_customizer(Box::new(SetUp::new(config)))
        .build(ConnectionManager::new(url))
        .context("failed to connect to the database")
}

fn migrate(url: &str) -> Result<()> {
    let mut connection = SqliteConnection::establish(url)?;
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL")?;
    // Of two instances that start at once, one waits here for the other.
    connection
        .immediate_transaction(|connection| connection.run_pending_migrations(MIGRATIONS).map(drop))
        .map_err(|error| anyhow!(error))
}

/// Sets a connection up. The sandboxes of the smoke tests use it too: they have to behave as the
/// connections of the pool do.
#[derive(Clone, Debug)]
pub(crate) struct SetUp {
    broken_writes: bool,
}

impl SetUp {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            broken_writes: config.broken == Some(Broken::Writes),
        }
    }
}

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for SetUp {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        // A sandbox may hold the write lock for a second: others wait longer than that.
        let mut statements =
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                              PRAGMA foreign_keys = ON;"
                .to_owned();
        if self.broken_writes {
            statements.push_str(
                "CREATE TEMP TRIGGER refuse_users BEFORE INSERT ON main.users \
                 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
            );
        }
        connection
            .batch_execute(&statements)
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Uses a connection of the pool on a thread that may block.
pub(crate) async fn query<T, E>(
    pool: &Pool,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, E> + Send + 'static,
) -> Result<T, AppError>
where
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
{
    let pool = pool.clone();
    tokio::task::spawn_blocking(move || work(&mut *pool.get()?).map_err(Into::into)).await?
}
