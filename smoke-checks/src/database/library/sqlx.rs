//! The pools of sqlx, on any database.

use std::time::Duration;

use smoke_core::Result;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection, Database, Executor, raw_sql};

use crate::database::commit::{Commits, Uncommitted};
use crate::database::migrations::{Applied, Known, Migrated};
use crate::database::pool::{Occupancy, Pool};

impl<DB: Database> Pool for sqlx::Pool<DB> {
    type Connection = PoolConnection<DB>;

    async fn acquire(&self, _: Duration) -> Result<Self::Connection> {
        Ok(sqlx::Pool::acquire(self).await?)
    }

    async fn ping(connection: &mut Self::Connection) -> Result {
        Ok(connection.ping().await?)
    }

    fn occupancy(&self) -> Occupancy {
        let most = self.options().get_max_connections();
        Occupancy::new(self.size() as usize, self.num_idle(), most as usize)
    }
}

impl<DB> Migrated<Migrator> for sqlx::Pool<DB>
where
    DB: Database,
    DB::Connection: Migrate,
{
    const TABLE: &'static str = "_sqlx_migrations";

    fn known(source: &Migrator) -> Result<Vec<Known>> {
        let up = source
            .iter()
            .filter(|migration| !migration.migration_type.is_down_migration());
        let known = up.map(|migration| {
            let (version, what) = (migration.version, &migration.description);
            Known::new(version.to_string(), format!("{version} {what}"))
                .checksum(migration.checksum.as_ref())
        });
        Ok(known.collect())
    }

    async fn applied(
        connection: &mut Self::Connection,
        table: &str,
    ) -> Result<Option<Vec<Applied>>> {
        // Neither makes the table nor takes the lock, which `Migrator::run` does.
        let listed = match connection.list_applied_migrations(table).await {
            Err(MigrateError::Execute(error)) if is_missing(&error, table) => return Ok(None),
            listed => listed?,
        };
        let partial = connection.dirty_version(table).await?;
        let applied = listed.into_iter().map(|migration| {
            let applied = Applied::new(migration.version.to_string());
            let applied = applied.checksum(migration.checksum.as_ref());
            if partial == Some(migration.version) {
                applied.partial()
            } else {
                applied
            }
        });
        Ok(Some(applied.collect()))
    }
}

impl<DB> Commits for sqlx::Pool<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    async fn commit(
        connection: &mut Self::Connection,
        statements: &[String],
    ) -> Result<(), Uncommitted> {
        let begun = connection.begin().await;
        let mut transaction = begun.map_err(|error| Uncommitted::Begin(error.into()))?;
        for statement in statements {
            let statement = raw_sql(AssertSqlSafe(statement.as_str()));
            let wrote = transaction.execute(statement).await;
            wrote.map_err(|error| Uncommitted::Write(error.into()))?;
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| Uncommitted::Commit(error.into()))
    }
}

/// Whether that is how the database says that it has no such table.
pub(super) fn is_missing(error: &sqlx::Error, table: &str) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    // PostgreSQL, MariaDB and MySQL; SQLite has one code for all that is wrong with a statement.
    let has_code = matches!(error.code().as_deref(), Some("42P01" | "42S02"));
    has_code || error.message() == format!("no such table: {table}")
}
