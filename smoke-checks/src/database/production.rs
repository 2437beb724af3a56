//! A production pool, used as the application uses it.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smoke_core::{Error, Result, Test};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::pool::Pool;
use crate::check::{self, shown};

/// A pool, and the runtime on which the application uses it.
#[derive(Clone, Debug)]
pub(super) struct Production<P> {
    pool: P,
    home: Option<Handle>,
    within: Duration,
}

/// Why nothing came of the use of a connection.
pub(super) enum Hindrance {
    /// The pool gave none.
    Unlent(String),
    /// The database did not answer on it in time.
    Silent(String),
}

impl<P: Pool> Production<P> {
    pub(super) fn new(pool: &P, within: Duration) -> Self {
        Self {
            pool: pool.clone(),
            home: Handle::try_current().ok(),
            within,
        }
    }

    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    pub(super) fn pool(&self) -> &P {
        &self.pool
    }

    /// A test of the pool.
    pub(super) fn test<F, Fut>(self, name: &str, description: &str, body: F) -> Test
    where
        F: Fn(Self) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result> + Send + 'static,
    {
        let within = self.within;
        if P::BLOCKS {
            // On a thread of its own, and never on two: a test that hangs is not started again.
            let body = move || Handle::current().block_on(body(self.clone()));
            check::test(name, description, within, body)
        } else {
            let body = move || body(self.clone());
            check::test(name, description, within, body)
        }
    }

    /// Waits for a connection and does something with it, all of it in time.
    pub(super) async fn lend<T, Fut>(
        &self,
        work: impl FnOnce(P::Connection) -> Fut + Send + 'static,
    ) -> Result<T, Hindrance>
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send,
    {
        let is_lent = Arc::new(AtomicBool::new(false));
        let (pool, within, lent) = (self.pool.clone(), self.within, Arc::clone(&is_lent));
        let using = async move {
            let connection = pool.acquire(within).await?;
            lent.store(true, Ordering::SeqCst);
            Ok(work(connection).await)
        };
        match timeout(within, self.at_home(using)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.refused(format_args!(": {error:#}"))),
            Err(_) if is_lent.load(Ordering::SeqCst) => Err(Hindrance::Silent(format!(
                "the pool gave a connection, and the database did not answer on it within {}. Does it hang, or \
                 does something hold the lock that this needs?",
                shown(within)
            ))),
            Err(_) => Err(self.refused(format_args!(" within {}", shown(within)))),
        }
    }

    fn refused(&self, how: std::fmt::Arguments<'_>) -> Hindrance {
        let occupancy = self.pool.occupancy();
        let remedy = if occupancy.is_full() {
            "Find out who keeps theirs for so long (slow statements, transactions that wait for something else), or let \
             the pool have more"
        } else {
            "It could have opened another: is the database there, and does it let this application in once more?"
        };
        Hindrance::Unlent(format!(
            "the pool gave no connection{how}: {occupancy}. {remedy}"
        ))
    }

    /// What a pool opens lives on the runtime that asked for it. On that of the tests it would stand still
    /// with each test that stops its threads, and production with it.
    async fn at_home<T: Send + 'static>(
        &self,
        using: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let Some(home) = self.home.as_ref().filter(|_| !P::BLOCKS) else {
            return using.await;
        };
        let task = home.spawn(using);
        let _given_up = GivenUp(task.abort_handle());
        match task.await {
            Ok(ended) => ended,
            Err(error) => match error.try_into_panic() {
                Ok(payload) => resume_unwind(payload),
                Err(_) => Err(Error::msg(
                    "the runtime on which the check was made has ended",
                )),
            },
        }
    }
}

impl Hindrance {
    /// What it says.
    pub(super) fn into_message(self) -> String {
        match self {
            Self::Unlent(message) | Self::Silent(message) => message,
        }
    }
}

impl From<Hindrance> for Error {
    /// For a check to which the connection is the way, and not what it looks at.
    fn from(hindrance: Hindrance) -> Self {
        Self::msg(hindrance.into_message())
    }
}

/// Ends a task for which nobody waits any more: it leaves the pool's queue.
struct GivenUp(AbortHandle);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}
