//! Sandboxes for the deadpool pools of diesel-async.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, PoolError, TimeoutType, Timeouts};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use smoke_core::{Clue, Result};
use smoke_rollback::Missing;
use smoke_rollback::queue::Look;

use crate::asynchronous::{Connection, Manager, SandboxPool};
use crate::waited;

/// Makes sandboxes of an application that uses diesel-async with deadpool.
///
/// `C` is the pool's connection: the sandbox is a `deadpool::Pool<C>`.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "postgres")]
/// # fn rollback() {
/// use diesel_async::SimpleAsyncConnection;
/// use smoke_diesel::deadpool::Rollback;
///
/// # let url = "postgres://app@localhost/shop";
/// let rollback = Rollback::postgres(url).setup(|connection| {
///     Box::pin(async move { connection.batch_execute("SET search_path = shop").await })
/// });
/// # }
/// ```
pub type Rollback<C> = crate::asynchronous::Rollback<Pool<C>, C>;

impl<C> SandboxPool for Pool<C>
where
    C: Connection,
    Manager<C>: managed::Manager<Type = C, Error = pooled_connection::PoolError>,
{
    type Connection = C;
    type Object = Object<C>;

    const NAME: &'static str = "deadpool";

    fn build(manager: Manager<C>, patience: Duration) -> Result<Self> {
        Ok(Pool::builder(manager)
            .max_size(1)
            .wait_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()?)
    }

    async fn connect(manager: Manager<C>) -> ConnectionResult<C> {
        let connected = managed::Manager::create(&manager).await;
        connected.map_err(|error| match error {
            pooled_connection::PoolError::ConnectionError(error) => error,
            pooled_connection::PoolError::QueryError(error) => {
                ConnectionError::CouldntSetupConfiguration(error)
            }
        })
    }

    async fn take(&self, wait: Duration) -> std::result::Result<Object<C>, Missing> {
        let timeouts = Timeouts {
            wait: Some(wait),
            create: None,
            recycle: None,
        };
        self.timeout_get(&timeouts)
            .await
            .map_err(|error| match error {
                PoolError::Timeout(TimeoutType::Wait) => Missing::InUse(error.to_string()),
                // Without what the pool says of where it said it.
                PoolError::Backend(error) => Missing::Gone(error.to_string()),
                error => Missing::Gone(error.to_string()),
            })
    }

    fn is_exhausted(clue: Clue<'_>) -> bool {
        waited::in_vain::<pooled_connection::PoolError>(clue)
    }

    fn look(&self) -> Option<Look> {
        let status = self.status();
        Some(Look {
            is_out: status.available == 0,
            is_awaited: status.waiting > 0,
        })
    }

    const GIVES_AWAY: bool = true;

    async fn give_away(object: Object<C>) -> std::result::Result<C, Object<C>> {
        Ok(Object::take(object))
    }

    fn discard(object: Object<C>) {
        drop(Object::take(object));
    }

    fn close(&self) {
        managed::Pool::close(self);
    }

    fn has_connection(&self) -> bool {
        self.status().size > 0
    }
}
