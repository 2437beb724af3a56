//! The pools of diesel-async, whichever library they are of.

use std::future::Future;
use std::ops::DerefMut;
use std::time::Duration;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel_async::methods::LoadQuery;
use diesel_async::{
    AsyncConnection, AsyncConnectionCore, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use smoke_core::Result;

use super::diesel_migrations::{TABLE, applied, known, listing};
use crate::database::commit::{Commits, Uncommitted};
use crate::database::migrations::{Applied, Known, Migrated};
use crate::database::pool::{Occupancy, Pool};

/// A pool of one library.
pub trait AsyncPool: Clone + Send + Sync + 'static {
    /// The connection of diesel-async.
    type Client: AsyncConnection + 'static;
    /// What gives it back.
    type Object: DerefMut<Target = Self::Client> + Send + 'static;

    /// Waits for a connection.
    fn take(&self) -> impl Future<Output = Result<Self::Object>> + Send;

    /// How full it is.
    fn look(&self) -> Occupancy;
}

impl<P: AsyncPool> Pool for P {
    type Connection = P::Object;

    async fn acquire(&self, _: Duration) -> Result<Self::Connection> {
        self.take().await
    }

    async fn ping(connection: &mut Self::Connection) -> Result {
        Ok(connection.batch_execute("SELECT 1").await?)
    }

    fn occupancy(&self) -> Occupancy {
        self.look()
    }
}

impl<P, S> Migrated<S> for P
where
    P: AsyncPool,
    S: MigrationSource<<P::Client as AsyncConnectionCore>::Backend>,
    for<'q> SqlLiteral<Text>: LoadQuery<'q, P::Client, String>,
{
    const TABLE: &'static str = TABLE;

    fn known(source: &S) -> Result<Vec<Known>> {
        known(source)
    }

    async fn applied(
        connection: &mut Self::Connection,
        table: &str,
    ) -> Result<Option<Vec<Applied>>> {
        let connection: &mut P::Client = connection;
        let listing = sql::<Text>(&listing(table));
        applied(listing.load(connection).await, table)
    }
}

impl<P: AsyncPool> Commits for P {
    async fn commit(
        connection: &mut Self::Connection,
        statements: &[String],
    ) -> Result<(), Uncommitted> {
        type Manager<C> = <C as AsyncConnection>::TransactionManager;
        let connection: &mut P::Client = connection;
        let begun = Manager::<P::Client>::begin_transaction(connection).await;
        begun.map_err(|error| Uncommitted::Begin(error.into()))?;
        for statement in statements {
            if let Err(error) = connection.batch_execute(statement).await {
                // A connection on which this fails, too, is closed by its pool.
                let _ = Manager::<P::Client>::rollback_transaction(connection).await;
                return Err(Uncommitted::Write(error.into()));
            }
        }
        let committed = Manager::<P::Client>::commit_transaction(connection).await;
        committed.map_err(|error| Uncommitted::Commit(error.into()))
    }
}
