//! Sandboxes for the bb8 pools of diesel-async.

use std::time::Duration;

use bb8::{ManageConnection, RunError};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::PoolError;
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use smoke_core::{Clue, Result};
use smoke_rollback::Missing;

use crate::asynchronous::{Connection, Manager, SandboxPool, condemn};

/// Makes sandboxes of an application that uses diesel-async with bb8.
///
/// `C` is the pool's connection: the sandbox is a `bb8::Pool<C>`. A pool of bb8 cannot be closed:
/// who asks for a connection after the test is over waits for one in vain.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "postgres")]
/// # fn rollback() {
/// use smoke_diesel::bb8::Rollback;
///
/// let rollback = Rollback::postgres("postgres://app@localhost/shop");
/// # }
/// ```
pub type Rollback<C> = crate::asynchronous::Rollback<Pool<C>, C>;

impl<C> SandboxPool for Pool<C>
where
    C: Connection,
    Manager<C>: ManageConnection<Connection = C, Error = PoolError>,
{
    type Connection = C;
    type Object = PooledConnection<'static, C>;

    const NAME: &'static str = "bb8";

    fn build(manager: Manager<C>, patience: Duration) -> Result<Self> {
        Ok(Self::builder()
            .max_size(1)
            .test_on_check_out(true)
            .connection_timeout(patience)
            .idle_timeout(None)
            .max_lifetime(None)
            .retry_connection(false)
            .build_unchecked(manager))
    }

    async fn connect(manager: Manager<C>) -> ConnectionResult<C> {
        manager.connect().await.map_err(|error| match error {
            PoolError::ConnectionError(error) => error,
            PoolError::QueryError(error) => ConnectionError::CouldntSetupConfiguration(error),
        })
    }

    async fn take(
        &self,
        wait: Duration,
    ) -> std::result::Result<PooledConnection<'static, C>, Missing> {
        let taking = async {
            loop {
                match self.get_owned().await {
                    Ok(object) => return Ok(object),
                    // The pool's own patience is the application's.
                    Err(RunError::TimedOut) => {}
                    Err(RunError::User(error)) => return Err(Missing::Gone(error.to_string())),
                }
            }
        };
        match tokio::time::timeout(wait, taking).await {
            Ok(taken) => taken,
            Err(_) => Err(Missing::InUse("something else holds it".to_owned())),
        }
    }

    fn is_exhausted(clue: Clue<'_>) -> bool {
        type Known = RunError<PoolError>;
        match clue {
            Clue::Error(error) => {
                matches!(error.downcast_ref::<Known>(), Some(RunError::TimedOut))
            }
            Clue::Text(said) => said.contains(&Known::TimedOut.to_string()),
        }
    }

    const GIVES_AWAY: bool = C::HAS_PLACEHOLDER;

    /// The pool closes what it gets in the place of its connection.
    async fn give_away(
        mut object: PooledConnection<'static, C>,
    ) -> std::result::Result<C, PooledConnection<'static, C>> {
        match C::placeholder().await {
            Some(mut connection) => {
                std::mem::swap(&mut connection, &mut *object);
                condemn(&mut *object);
                Ok(connection)
            }
            None => Err(object),
        }
    }

    fn timed_out(&self) -> u64 {
        self.state().statistics.get_timed_out
    }

    fn discard(mut object: PooledConnection<'static, C>) {
        condemn(&mut *object);
    }

    fn has_connection(&self) -> bool {
        self.state().connections > 0
    }
}
