//! The r2d2 pools of diesel.

use std::time::Duration;

use diesel::expression::SqlLiteral;
use diesel::migration::MigrationSource;
use diesel::query_dsl::LoadQuery;
use diesel::r2d2::{ConnectionManager, PooledConnection, R2D2Connection};
use diesel::sql_types::Text;
use smoke_core::Result;

use super::blocking;
use super::diesel_migrations::{TABLE, applied, known};
use crate::database::commit::{Commits, Uncommitted};
use crate::database::migrations::{Applied, Known, Migrated};
use crate::database::pool::{Occupancy, Pool};

type R2d2<C> = diesel::r2d2::Pool<ConnectionManager<C>>;

impl<C: R2D2Connection + 'static> Pool for R2d2<C> {
    type Connection = PooledConnection<ConnectionManager<C>>;

    const BLOCKS: bool = true;

    async fn acquire(&self, within: Duration) -> Result<Self::Connection> {
        Ok(self.get_timeout(within)?)
    }

    async fn ping(connection: &mut Self::Connection) -> Result {
        blocking::ping::<C>(connection)
    }

    fn occupancy(&self) -> Occupancy {
        let state = self.state();
        let (open, idle) = (state.connections, state.idle_connections);
        Occupancy::new(open as usize, idle as usize, self.max_size() as usize)
    }
}

impl<C, S> Migrated<S> for R2d2<C>
where
    C: R2D2Connection + 'static,
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
        applied(blocking::listed::<C>(connection, table), table)
    }
}

impl<C: R2D2Connection + 'static> Commits for R2d2<C> {
    async fn commit(
        connection: &mut Self::Connection,
        statements: &[String],
    ) -> Result<(), Uncommitted> {
        blocking::commit::<C>(connection, statements)
    }
}
