//! The migrations of SeaORM, looked at through the pool of sqlx below its connection.

use smoke_core::Result;
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Executor, Row, Type, raw_sql};

use super::sqlx::is_missing;
use crate::database::migrations::{Applied, Known, Migrated};

/// The migrations of SeaORM that a build has.
///
/// They are given by name, so that neither SeaORM nor its migrations have to be of a certain version.
///
/// # Examples
///
/// ```
/// use smoke_checks::database::SeaOrmMigrations;
///
/// # struct Migrator;
/// # struct Migration(&'static str);
/// # impl Migration { fn name(&self) -> &str { self.0 } }
/// # impl Migrator { fn migrations() -> Vec<Migration> { vec![Migration("m20260101_000001_create_users")] } }
/// // `Migrator` is the application's own: the `MigratorTrait` of sea-orm-migration.
/// let migrations = SeaOrmMigrations::named(Migrator::migrations().iter().map(|migration| migration.name()));
/// // Migrations::of(connection.get_postgres_connection_pool(), &migrations)
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SeaOrmMigrations(Vec<String>);

impl SeaOrmMigrations {
    /// The migrations of these names: `MigrationName::name`.
    pub fn named(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl<DB> Migrated<SeaOrmMigrations> for sqlx::Pool<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    String: for<'r> Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    const TABLE: &'static str = "seaql_migrations";

    fn known(source: &SeaOrmMigrations) -> Result<Vec<Known>> {
        let known = source.0.iter().map(|name| Known::new(name, name));
        Ok(known.collect())
    }

    async fn applied(
        connection: &mut Self::Connection,
        table: &str,
    ) -> Result<Option<Vec<Applied>>> {
        // `get_pending_migrations` would make the table.
        let statement = raw_sql(AssertSqlSafe(format!("SELECT version FROM {table}")));
        let rows = match connection.fetch_all(statement).await {
            Err(error) if is_missing(&error, table) => return Ok(None),
            rows => rows?,
        };
        let applied = rows
            .iter()
            .map(|row| Ok(Applied::new(row.try_get::<String, _>(0)?)));
        applied.collect::<Result<_>>().map(Some)
    }
}
