//! A pool gives a connection in time.

use std::time::Duration;

use smoke_core::{Error, Failure, Test};

use super::pool::Pool;
use super::production::{Hindrance, Production};

/// A pool that gives a connection in time, on which the database answers.
///
/// It waits in the pool's queue as a request does, has the database answer once (a ping), and gives the
/// connection back. Its failure counts: who waits in vain here waits in vain in each handler. It is of
/// what all replicas *share*, and takes no instance out of traffic: pools fill up because the database
/// is slow or gone, and the load of the replica that is taken out would fill the pool of the next.
///
/// # Fails when
///
/// The pool gives no connection within [`within`](Self::within), or says that it cannot, or the
/// database does not answer on the connection in that time. The message says how full the pool was.
///
/// # Errors
///
/// It errs where it was made outside of the application's runtime.
///
/// # Examples
///
/// ```
/// use smoke_checks::{PoolConnection, PoolUse};
/// use smoke_checks::database::Pool;
/// use smoke_core::Registry;
///
/// fn registry(pool: &impl Pool) -> Registry {
///     Registry::new()
///         .test(PoolConnection::of(pool))
///         .test(PoolUse::of(pool))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PoolConnection<P> {
    production: Production<P>,
}

impl<P: Pool> PoolConnection<P> {
    /// The check of a pool: the one that the application's handlers have.
    pub fn of(pool: &P) -> Self {
        Self {
            production: Production::new(pool, Duration::from_secs(2)),
        }
    }

    /// Sets how long waiting for a connection and for the answer on it may take. 2 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.production = self.production.within(limit);
        self
    }
}

impl<P: Pool> From<PoolConnection<P>> for Test {
    fn from(check: PoolConnection<P>) -> Self {
        let description =
            "the application's pool gives a connection in time, and the database answers on it";
        let body = |production: Production<P>| async move {
            let ping = |mut connection| async move { P::ping(&mut connection).await };
            let asked = production.lend(ping).await;
            let answered = asked.map_err(Hindrance::failed)?;
            answered.map_err(|error| {
                let said = format!("a connection that the pool gave does not work: {error:#}");
                Error::from(Failure::new(said))
            })
        };
        check.production.test("pool_connection", description, body)
    }
}
