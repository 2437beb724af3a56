//! An open sandbox, seen from the side that guards it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::LastError;
use smoke_core::rollback::postgres::Fate;
use smoke_core::{Error, HandleWatch, Result, RollbackVerdict};

use super::connection::{Connection, Outside, condemn};
use super::ending;
use super::observe::as_session;
use super::{Pool, Pooled};
use crate::absent::{Absent, GRACE, finished, kept_connection, unless_kept};
use crate::gate::{Gate, lock};
use crate::savepoints::Savepoints;
use crate::steps::blocking;
use crate::witness::{explain, pause};

type Job = Box<dyn FnOnce() + Send>;

pub(super) struct Session<C: Connection>(Arc<Inner<C>>);

struct Inner<C: Connection> {
    /// None once the sandbox is finished.
    pool: Mutex<Option<Pool<C>>>,
    gate: Arc<Gate>,
    watch: HandleWatch,
    savepoints: Mutex<Savepoints>,
    outside: Arc<C::Outside>,
    /// What is done when a straggler brings the connection back.
    afterwards: Arc<Mutex<Option<Job>>>,
}

impl<C: Connection> Session<C> {
    pub(super) fn new(
        pool: Pool<C>,
        gate: Arc<Gate>,
        watch: HandleWatch,
        savepoints: Savepoints,
        outside: C::Outside,
        afterwards: Arc<Mutex<Option<Job>>>,
    ) -> Self {
        Self(Arc::new(Inner {
            pool: Mutex::new(Some(pool)),
            gate,
            watch,
            savepoints: Mutex::new(savepoints),
            outside: Arc::new(outside),
            afterwards,
        }))
    }

    /// Runs something that blocks where it may, as the session.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner<C>) -> T + Send + 'static,
    ) -> Result<T, RollbackVerdict> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || as_session(|| work(&inner)))
            .await
            .map_err(|error| RollbackVerdict::Unknown {
                cause: error.to_string(),
            })
    }
}

impl<C: Connection> smoke_core::Session for Session<C> {
    fn checkouts(&self) -> u64 {
        self.0.gate.checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async { self.blocking(Inner::enter).await? })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async { self.blocking(Inner::leave).await? })
    }

    /// Blocks: the core gives each end a thread of its own.
    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let verdict = as_session(|| self.0.finish());
            self.0.gate.finished(&verdict);
            unless_kept(verdict, &self.0.watch).await
        })
    }

    fn pause(&self, held: Duration) -> Duration {
        pause::<C::Dialect>(&self.0.gate, held)
    }

    fn explain(&self, error: &Error) -> Option<RollbackVerdict> {
        // A check-out in vain is heard of.
        explain::<C::Dialect>(&self.0.gate, error, |_| false, || false)
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.0.gate.witness().take_last_error()
    }

    /// Blocks, as [`finish`](Self::finish) does.
    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            self.0.gate.cut();
            if self.0.gate.is_rolled_back() {
                return true;
            }
            // That needs no other connection, which a pooler may not have.
            let pool = lock(&self.0.pool).clone();
            let closed = as_session(|| pool.as_ref().is_some_and(close_idle));
            self.0.cut() || closed
        })
    }
}

impl<C: Connection> Inner<C> {
    fn enter(&self) -> Result {
        let mut connection = self.take().map_err(Absent::into_error)?;
        let mut savepoints = lock(&self.savepoints);
        let entered = blocking::enter(&mut *connection, &self.gate, &mut savepoints);
        Ok(self.concluded(&mut connection, entered)?)
    }

    fn leave(&self) -> Result<(), RollbackVerdict> {
        let mut connection = match self.take() {
            Ok(connection) => connection,
            Err(absent) => return absent.after_a_request(),
        };
        let mut savepoints = lock(&self.savepoints);
        let left = blocking::leave(&mut *connection, &self.gate, &mut savepoints);
        self.concluded(&mut connection, left)
    }

    fn finish(&self) -> RollbackVerdict {
        let verdict = match self.take() {
            Ok(mut connection) => {
                let savepoints = lock(&self.savepoints);
                let verdict =
                    ending::roll_back(&mut *connection, &self.gate, &savepoints, &self.outside);
                // The pool closes the connection, and gets no other.
                self.gate.close();
                condemn(&mut *connection);
                verdict
            }
            Err(Absent::Gone(verdict)) => verdict,
            Err(Absent::InUse(_)) => {
                self.gate.close();
                self.cut();
                kept_connection()
            }
        };
        self.gate.close();
        if let Some(pool) = lock(&self.pool).take() {
            self.empty(&pool);
        }
        // Whoever has the connection may have sent something until it was ended.
        let verdict = self.gate.witness().read(verdict);
        if Fate::is_open(&verdict) {
            return self.outside.settle(verdict);
        }
        verdict
    }

    /// Whether it is gone then.
    fn cut(&self) -> bool {
        let gone = self.outside.cut();
        if gone {
            self.gate.witness().saw_it_gone();
        }
        gone
    }

    /// The connection, unless it is in use or gone.
    fn take(&self) -> Result<Pooled<C>, Absent> {
        if let Some(verdict) = self.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = lock(&self.pool).clone() else {
            return Err(Absent::Gone(finished()));
        };
        pool.get_timeout(GRACE).map_err(|error| {
            // Also where it was lost while it was waited for.
            match self.over() {
                Some(verdict) => Absent::Gone(verdict),
                None => Absent::InUse(error.to_string()),
            }
        })
    }

    /// Has the pool close the connection where the sandbox is over.
    fn concluded(
        &self,
        connection: &mut Pooled<C>,
        step: Result<(), RollbackVerdict>,
    ) -> Result<(), RollbackVerdict> {
        if self.gate.is_closed() {
            condemn(&mut **connection);
        }
        step.map_err(|verdict| verdict.remarked(self.outside.remark()))
    }

    fn over(&self) -> Option<RollbackVerdict> {
        self.gate
            .over()
            .map(|verdict| verdict.remarked(self.outside.remark()))
    }

    /// Closes the connection, now or when whoever has it brings it back.
    fn empty(&self, pool: &Pool<C>) {
        if close_idle(pool) || pool.state().connections == 0 {
            return;
        }
        let again = pool.clone();
        *lock(&self.afterwards) = Some(Box::new(move || close_returned(&again)));
        // It may have come back before that was said.
        if close_idle(pool) || pool.state().connections == 0 {
            drop(lock(&self.afterwards).take());
        }
    }
}

impl<C: Connection> Drop for Inner<C> {
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        let Some(pool) = lock(&self.pool).take() else {
            return;
        };
        self.gate.close();
        as_session(|| {
            if !close_idle(&pool) {
                let outside = Arc::clone(&self.outside);
                C::threads().execute(move || {
                    outside.cut();
                });
                self.empty(&pool);
            }
        });
    }
}

/// Closes the connection if nobody has it.
fn close_idle<C: Connection>(pool: &Pool<C>) -> bool {
    pool.try_get()
        .map(|mut connection| condemn(&mut *connection))
        .is_some()
}

/// Closes the connection that is about to be brought back.
fn close_returned<C: Connection>(pool: &Pool<C>) {
    as_session(|| {
        if let Ok(mut connection) = pool.get_timeout(GRACE) {
            condemn(&mut *connection);
        }
    });
}
