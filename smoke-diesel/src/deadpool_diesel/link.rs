//! The pools of deadpool-diesel, as a session uses them.

use std::time::Duration;

use deadpool::managed::{self, Object, PoolError};
use diesel::QueryResult;
use diesel::result::Error;
use futures_util::future::BoxFuture;
use smoke_core::Clue;
use smoke_core::rollback::redact;
use smoke_rollback::queue::Look;
use smoke_rollback::{Fault, Found, Link, Missing, Thread, Waiters};
use tokio::runtime::Handle;

use super::{Manager, Pool};
use crate::blocking::{self, Connection, blocking_link};
use crate::{errors, waited};

/// A pool of deadpool-diesel on one database.
pub(crate) struct DeadpoolDiesel<C: Connection> {
    manager: blocking::Manager<C>,
}

impl<C: Connection> DeadpoolDiesel<C> {
    pub(super) fn new(manager: blocking::Manager<C>) -> Self {
        Self { manager }
    }
}

impl<C: Connection> Link for DeadpoolDiesel<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    type Dialect = C::Dialect;
    type Pool = Pool<C>;
    type Connection = C;
    type Taken = Object<Manager<C>>;
    type Error = Error;
    type Luggage = ();

    const READS_CODES: bool = false;
    const WAITERS: Waiters = Waiters::Shown;
    const HEARS_STATEMENTS: bool = true;
    /// Work that nobody waits for any more goes on.
    const ENDS_WHEN_DROPPED: bool = false;

    /// Work that nobody waits for any more may have it still: the pool does not know.
    async fn take(&self, pool: &Pool<C>, wait: Duration) -> Result<Self::Taken, Missing> {
        match tokio::time::timeout(wait, pool.get()).await {
            Ok(Ok(object)) => Ok(object),
            Err(_) | Ok(Err(PoolError::Timeout(_))) => Err(Missing::InUse(format!(
                "it was not given back within {wait:?}"
            ))),
            Ok(Err(error)) => Err(Missing::Gone(redact(&error.to_string()).into_owned())),
        }
    }

    async fn with<T, W>(taken: Self::Taken, _: Thread, work: W) -> Result<(Self::Taken, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut C) -> BoxFuture<'c, T> + Send + 'static,
    {
        let runtime = Handle::current();
        let done = taken.interact(move |connection| runtime.block_on(work(connection)));
        let done = done.await.map_err(|error| error.to_string())?;
        Ok((taken, done))
    }

    async fn discard(&self, taken: Self::Taken) {
        drop(Object::take(taken));
    }

    fn shut(&self, pool: &Pool<C>) {
        pool.close();
    }

    async fn part(&self, pool: Pool<C>) -> bool {
        pool.close();
        pool.status().size == 0
    }

    fn look(pool: &Pool<C>) -> Option<Look> {
        let status = pool.status();
        Some(Look {
            is_out: status.available == 0,
            is_awaited: status.waiting > 0,
        })
    }

    blocking_link!();

    fn is_exhausted(&self, clue: Clue<'_>) -> bool {
        waited::in_vain::<::deadpool_diesel::Error>(clue)
    }
}
