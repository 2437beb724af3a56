//! The pools of r2d2, as a session uses them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::QueryResult;
use diesel::result::Error;
use futures_util::future::BoxFuture;
use smoke_core::Clue;
use smoke_rollback::acting::in_session;
use smoke_rollback::lock;
use smoke_rollback::{Fault, Found, GRACE, Link, Missing, Released, Thread, Waiters};
use tokio::runtime::Handle;

use super::{Pool, Pooled};
use crate::blocking::{self, Connection, Manager, blocking_link, condemn, forget_transaction};
use crate::errors;

type Job = Box<dyn FnOnce() + Send>;

/// Done when a straggler brings the connection back.
pub(super) type Afterwards = Arc<Mutex<Option<Job>>>;

/// A pool of r2d2 on one database.
pub(crate) struct R2d2<C: Connection> {
    pub(super) manager: Manager<C>,
    pub(super) afterwards: Afterwards,
    /// What the pool made in the place of a connection that was moved there.
    pub(super) placeholder: Mutex<Option<C>>,
}

/// A connection of the pool, which the session gives back.
pub(crate) struct Taken<C: Connection>(Option<Pooled<C>>);

impl<C: Connection> Drop for Taken<C> {
    fn drop(&mut self) {
        in_session(|| drop(self.0.take()));
    }
}

impl<C: Connection> Taken<C> {
    fn connection(&mut self) -> Option<&mut C> {
        self.0.as_deref_mut()
    }
}

impl<C: Connection> Link for R2d2<C> {
    type Dialect = C::Dialect;
    type Pool = Pool<C>;
    type Connection = C;
    type Taken = Taken<C>;
    type Error = Error;
    type Luggage = ();

    const READS_CODES: bool = false;
    const WAITERS: Waiters = Waiters::Told;
    const HEARS_STATEMENTS: bool = true;
    const MOVES: bool = C::PLACEHOLDER.is_some();

    async fn take(&self, pool: &Pool<C>, wait: Duration) -> Result<Taken<C>, Missing> {
        if let Some(pooled) = in_session(|| pool.try_get()) {
            return Ok(Taken(Some(pooled)));
        }
        let pool = pool.clone();
        let waiting = move || in_session(|| pool.get_timeout(wait));
        match tokio::task::spawn_blocking(waiting).await {
            Ok(Ok(pooled)) => Ok(Taken(Some(pooled))),
            Ok(Err(error)) => Err(Missing::InUse(error.to_string())),
            Err(error) => Err(Missing::Gone(error.to_string())),
        }
    }

    async fn with<T, W>(
        mut taken: Taken<C>,
        thread: Thread,
        work: W,
    ) -> Result<(Taken<C>, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut C) -> BoxFuture<'c, T> + Send + 'static,
    {
        const NONE: &str = "the connection was given back";
        if thread == Thread::Own {
            let done = work(taken.connection().ok_or(NONE)?).await;
            return Ok((taken, done));
        }
        let runtime = Handle::current();
        let working = tokio::task::spawn_blocking(move || {
            let done = runtime.block_on(work(taken.connection()?));
            Some((taken, done))
        });
        match working.await {
            Ok(done) => done.ok_or_else(|| NONE.to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn discard(&self, mut taken: Taken<C>) {
        if let Some(connection) = taken.connection() {
            condemn(connection);
        }
    }

    /// A pool of r2d2 knows no end: the gate refuses what it connects.
    fn shut(&self, _: &Pool<C>) {}

    /// Closes the connection, now or when whoever has it brings it back.
    async fn part(&self, pool: Pool<C>) -> bool {
        let is_empty = || close_idle(&pool) || pool.state().connections == 0;
        if is_empty() {
            return true;
        }
        let again = pool.clone();
        *lock(&self.afterwards) = Some(Box::new(move || close_returned(&again)));
        // It may have come back before that was said.
        let is_empty = is_empty();
        if is_empty {
            drop(lock(&self.afterwards).take());
        }
        is_empty
    }

    /// The pool closes what is left in its place.
    async fn release(&self, mut taken: Taken<C>) -> Released<Self> {
        let spare = lock(&self.placeholder).take();
        let made = || C::PLACEHOLDER.and_then(|url| C::establish(url).ok());
        let (Some(mut spare), Some(connection)) = (spare.or_else(made), taken.connection()) else {
            return Err(taken);
        };
        std::mem::swap(&mut spare, connection);
        condemn(connection);
        forget_transaction(&mut spare);
        Ok((spare, ()))
    }

    blocking_link!();

    /// A check-out in vain is heard of.
    fn is_exhausted(&self, _: Clue<'_>) -> bool {
        false
    }
}

/// Closes the connection if nobody has it.
fn close_idle<C: Connection>(pool: &Pool<C>) -> bool {
    in_session(|| {
        let idle = pool.try_get();
        idle.map(|mut connection| condemn(&mut *connection))
            .is_some()
    })
}

/// Closes the connection that is about to be brought back.
fn close_returned<C: Connection>(pool: &Pool<C>) {
    in_session(|| {
        if let Ok(mut connection) = pool.get_timeout(GRACE) {
            condemn(&mut *connection);
        }
    });
}
