//! A production pool, used as the application uses it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use smoke_core::{Error, Failure, Result, Test};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::pool::Pool;
use crate::check::{self, shown};
use crate::home::Home;

/// A pool, and the runtime on which the application uses it.
#[derive(Clone, Debug)]
pub(super) struct Production<P> {
    pool: P,
    home: Home,
    within: Duration,
}

/// Why nothing came of the use of a connection.
pub(super) enum Hindrance {
    /// There is no runtime to ask it on.
    Homeless(Error),
    /// The pool gave none.
    Unlent(String),
    /// The database did not answer on it in time.
    Silent(String),
}

impl<P: Pool> Production<P> {
    pub(super) fn new(pool: &P, within: Duration) -> Self {
        Self {
            pool: pool.clone(),
            home: Home::here(),
            within,
        }
    }

    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// How long all of it may take.
    pub(super) fn limit(&self) -> Duration {
        self.within
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
        if !P::BLOCKS {
            self.home.runtime().map_err(Hindrance::Homeless)?;
        }
        let is_lent = Arc::new(AtomicBool::new(false));
        let (pool, within, lent) = (self.pool.clone(), self.within, Arc::clone(&is_lent));
        let using = async move {
            let connection = pool.acquire(within).await?;
            lent.store(true, Ordering::SeqCst);
            Ok(work(connection).await)
        };
        let silent = || {
            Hindrance::Silent(format!(
                "the pool gave a connection, and the database did not answer on it within {}. Does it hang, or \
                 does something hold the lock that this needs?",
                shown(within)
            ))
        };
        let began = Instant::now();
        match timeout(within, self.at_home(using)).await {
            // What blocks its thread is not interrupted, and comes when it comes.
            Ok(Ok(_)) if began.elapsed() > within => Err(silent()),
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.refused(format_args!(": {error:#}"))),
            Err(_) if is_lent.load(Ordering::SeqCst) => Err(silent()),
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

    /// What blocks its thread needs no runtime.
    async fn at_home<T: Send + 'static>(
        &self,
        using: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if P::BLOCKS {
            using.await
        } else {
            self.home.run(using).await
        }
    }
}

impl Hindrance {
    /// For a check of the pool itself: a failure, where it could look at all.
    pub(super) fn failed(self) -> Error {
        match self {
            Self::Homeless(error) => error,
            Self::Unlent(message) | Self::Silent(message) => Failure::new(message).into(),
        }
    }
}

impl From<Hindrance> for Error {
    /// For a check to which the connection is the way, and not what it looks at.
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Homeless(error) => error,
            Hindrance::Unlent(message) | Hindrance::Silent(message) => Self::msg(message),
        }
    }
}
