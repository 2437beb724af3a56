//! The pools of deadpool-diesel, whose connections block behind `interact`.

use std::time::Duration;

use deadpool::managed::{self, Object};
use deadpool_diesel::Manager;
use diesel::Connection;
use diesel::expression::SqlLiteral;
use diesel::migration::MigrationSource;
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::Text;
use smoke_core::{Error, Result};

use super::blocking;
use super::diesel_migrations::{TABLE, applied, known};
use crate::database::commit::{Commits, Uncommitted};
use crate::database::migrations::{Applied, Known, Migrated};
use crate::database::pool::{Occupancy, Pool};

type DeadpoolDiesel<C> = deadpool_diesel::Pool<Manager<C>>;

impl<C> Pool for DeadpoolDiesel<C>
where
    C: Connection + 'static,
    Manager<C>:
        managed::Manager<Type = deadpool_diesel::Connection<C>, Error = deadpool_diesel::Error>,
{
    type Connection = Object<Manager<C>>;

    async fn acquire(&self, _: Duration) -> Result<Self::Connection> {
        Ok(self.get().await?)
    }

    async fn ping(connection: &mut Self::Connection) -> Result {
        interact(connection, |connection| blocking::ping(connection)).await?
    }

    fn occupancy(&self) -> Occupancy {
        let status = self.status();
        Occupancy::new(status.size, status.available, status.max_size).waiting(status.waiting)
    }
}

impl<C, S> Migrated<S> for DeadpoolDiesel<C>
where
    Self: Pool<Connection = Object<Manager<C>>>,
    C: Connection + 'static,
    Manager<C>:
        managed::Manager<Type = deadpool_diesel::Connection<C>, Error = deadpool_diesel::Error>,
    S: MigrationSource<C::Backend>,
    for<'q> SqlLiteral<Text>: LoadQuery<'q, C, String>,
{
    const TABLE: &'static str = TABLE;

    fn known(source: &S) -> Result<Vec<Known>> {
        known(source)
    }

    async fn applied(
        connection: &mut Self::Connection,
        table: &str,
    ) -> Result<Option<Vec<Applied>>> {
        let asked = table.to_owned();
        let list = move |connection: &mut C| blocking::listed(connection, &asked);
        applied(interact(connection, list).await?, table)
    }
}

impl<C> Commits for DeadpoolDiesel<C>
where
    C: Connection + 'static,
    Manager<C>:
        managed::Manager<Type = deadpool_diesel::Connection<C>, Error = deadpool_diesel::Error>,
{
    async fn commit(
        connection: &mut Self::Connection,
        statements: &[String],
    ) -> Result<(), Uncommitted> {
        let statements = statements.to_vec();
        let commit = move |connection: &mut C| blocking::commit(connection, &statements);
        let committed = interact(connection, commit).await;
        committed.unwrap_or_else(|error| Err(Uncommitted::Commit(error)))
    }
}

/// Does something on the thread where the connection may block.
async fn interact<C, T: Send + 'static>(
    connection: &Object<Manager<C>>,
    work: impl FnOnce(&mut C) -> T + Send + 'static,
) -> Result<T>
where
    C: Connection + 'static,
    Manager<C>:
        managed::Manager<Type = deadpool_diesel::Connection<C>, Error = deadpool_diesel::Error>,
{
    let done = connection.interact(work).await;
    done.map_err(|error| Error::msg(error.to_string()))
}
