//! All migrations of this build are applied.

mod judge;
mod record;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use smoke_core::{Error, Result, Test};

use super::pool::Pool;
use super::production::Production;
use judge::judge;
pub use record::{Applied, Known};

/// A pool through which migrations of one kind are looked at.
#[diagnostic::on_unimplemented(
    message = "smoke-checks cannot look for the migrations `{Source}` through the pool `{Self}`",
    note = "sqlx: `&sqlx::migrate!()` or `&SeaOrmMigrations`; diesel: a `&MigrationSource` of the pool's database"
)]
pub trait Migrated<Source>: Pool {
    /// The table in which applied migrations are noted.
    const TABLE: &'static str;

    /// The migrations of this build.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn known(source: &Source) -> Result<Vec<Known>>;

    /// The migrations of which the database knows. None where it has no such table.
    ///
    /// Writes nothing, makes no table, and takes no lock.
    ///
    /// # Errors
    ///
    /// When the table cannot be read.
    fn applied(
        connection: &mut Self::Connection,
        table: &str,
    ) -> impl Future<Output = Result<Option<Vec<Applied>>>> + Send;
}

/// A database to which all migrations of this build are applied.
///
/// It reads the table in which the migrations are noted. It applies none, and neither makes nor locks
/// anything. Migrations of which this build does not know are no failure: a newer build has applied them
/// while this one still serves.
///
/// # Fails when
///
/// A migration of this build is not applied (it is named), or the table is missing. With sqlx, too: a
/// migration has failed half-way, or was applied with another content than it has in this build.
///
/// # Errors
///
/// It errs where the pool gives no connection, and where this build has no migrations at all.
///
/// # Examples
///
/// With diesel; [the module](crate::database) has an example with sqlx.
///
/// ```no_run
/// use diesel::PgConnection;
/// use diesel::r2d2::{ConnectionManager, Pool};
/// use diesel_migrations::EmbeddedMigrations;
/// use smoke_checks::Migrations;
/// use smoke_core::Registry;
///
/// // `migrations` is what `embed_migrations!()` makes.
/// fn with_migrations(
///     registry: Registry,
///     pool: &Pool<ConnectionManager<PgConnection>>,
///     migrations: &EmbeddedMigrations,
/// ) -> Registry {
///     registry.test(Migrations::of(pool, migrations))
/// }
/// ```
#[must_use]
pub struct Migrations<P, Source> {
    production: Production<P>,
    known: Result<Vec<Known>>,
    table: String,
    source: PhantomData<fn(Source)>,
}

impl<Source, P: Migrated<Source>> Migrations<P, Source> {
    /// The check of a pool's database, for the migrations of this build.
    pub fn of(pool: &P, source: &Source) -> Self {
        Self {
            production: Production::new(pool, Duration::from_secs(5)),
            known: P::known(source),
            table: P::TABLE.to_owned(),
            source: PhantomData,
        }
    }

    /// Sets the table in which applied migrations are noted, where it is not the usual one: a migrator of
    /// sqlx does not tell. It becomes part of a statement as it is.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = name.into();
        self
    }

    /// Sets how long looking may take. 5 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.production = self.production.within(limit);
        self
    }
}

impl<P: fmt::Debug, Source> fmt::Debug for Migrations<P, Source> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrations")
            .field("production", &self.production)
            .field("known", &self.known)
            .field("table", &self.table)
            .finish()
    }
}

impl<Source: 'static, P: Migrated<Source>> From<Migrations<P, Source>> for Test {
    fn from(check: Migrations<P, Source>) -> Self {
        let Migrations {
            production,
            known,
            table,
            ..
        } = check;
        let description = format!("all migrations of this build are in {table}");
        let body = move |production: Production<P>| {
            let (known, table) = (known.clone(), table.clone());
            async move {
                let known = known.map_err(|error| {
                    error.context("the migrations of this build could not be read")
                })?;
                if known.is_empty() {
                    return Err(Error::msg(
                        "this build has no migrations: was the folder empty when it was built?",
                    ));
                }
                let read = table.clone();
                let look = |mut connection| async move { P::applied(&mut connection, &read).await };
                let applied = production
                    .lend(look)
                    .await?
                    .map_err(|error| error.context(format!("{table} could not be read")))?;
                Ok(judge(&table, &known, applied)?)
            }
        };
        production.test("migrations", &description, body)
    }
}
