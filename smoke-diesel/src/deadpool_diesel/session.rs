//! An open sandbox, seen from the side that guards it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deadpool::managed::{self, Object, PoolError, TimeoutType};
use futures_util::future::BoxFuture;
use smoke_core::rollback::LastError;
use smoke_core::rollback::acting::as_session;
use smoke_core::rollback::postgres::Fate;
use smoke_core::rollback::redact;
use smoke_core::{Error, HandleWatch, Result, RollbackVerdict};
use tokio::runtime::Handle;

use super::{Manager, Pool};
use crate::absent::{Absent, GRACE, IDLE, finished, kept_connection, unless_kept};
use crate::gate::{Gate, lock};
use crate::r2d2::{Connection, Outside, ending};
use crate::savepoints::Savepoints;
use crate::steps::blocking;
use crate::verdict::text;
use crate::waited;
use crate::witness::{explain, pause};

pub(super) struct Session<C: Connection>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    /// None once the sandbox is finished.
    pool: Mutex<Option<Pool<C>>>,
    watch: HandleWatch,
    inner: Arc<Inner<C>>,
}

/// What is needed where the connection is.
struct Inner<C: Connection> {
    gate: Arc<Gate>,
    savepoints: Mutex<Savepoints>,
    outside: Arc<C::Outside>,
}

impl<C: Connection> Session<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    pub(super) fn new(
        pool: Pool<C>,
        gate: Arc<Gate>,
        watch: HandleWatch,
        savepoints: Savepoints,
        outside: Arc<C::Outside>,
    ) -> Self {
        Self {
            pool: Mutex::new(Some(pool)),
            watch,
            inner: Arc::new(Inner {
                gate,
                savepoints: Mutex::new(savepoints),
                outside,
            }),
        }
    }

    /// The connection, unless it is in use or gone.
    async fn take(&self) -> Result<Object<Manager<C>>, Absent> {
        if let Some(verdict) = self.inner.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = lock(&self.pool).clone() else {
            return Err(Absent::Gone(finished()));
        };
        let taken = {
            let asking = self.inner.gate.queue().ask();
            // Work that nobody waits for any more may have it still: the pool does not know.
            let taken = tokio::time::timeout(GRACE, as_session(pool.get())).await;
            if matches!(taken, Ok(Ok(_))) {
                asking.got();
            }
            taken
        };
        if matches!(taken, Ok(Ok(_))) && self.inner.gate.queue().in_vain() {
            self.inner.gate.witness().saw_exhaustion();
        }
        let error = match taken {
            Ok(Ok(object)) => return Ok(object),
            Ok(Err(error)) => error,
            Err(_) => PoolError::Timeout(TimeoutType::Wait),
        };
        Err(match (self.inner.over(), error) {
            (Some(verdict), _) => Absent::Gone(verdict),
            (None, PoolError::Timeout(_)) => {
                Absent::InUse(format!("it was not given back within {GRACE:?}"))
            }
            (None, error) => Absent::Gone(RollbackVerdict::ConnectionLost {
                cause: redact(&error.to_string()).into_owned(),
            }),
        })
    }

    /// Does a step on the connection, and closes that where the sandbox is over.
    async fn step(
        &self,
        object: Object<Manager<C>>,
        step: impl FnOnce(&Inner<C>, &mut C) -> Result<(), RollbackVerdict> + Send + 'static,
    ) -> Result<(), RollbackVerdict> {
        let inner = Arc::clone(&self.inner);
        let done = object.interact(move |connection| step(&inner, connection));
        let done = done.await.unwrap_or_else(|error| {
            Err(self.inner.gate.find(RollbackVerdict::Unknown {
                cause: error.to_string(),
            }))
        });
        if self.inner.gate.is_closed() {
            self.close(object);
        }
        done.map_err(|verdict| verdict.remarked(self.inner.outside.remark()))
    }

    /// Closes the connection if nobody has it: that needs no other one, which a pooler may not have.
    /// Whether it was closed.
    async fn close_idle(&self) -> bool {
        let Some(pool) = lock(&self.pool).clone() else {
            return false;
        };
        let _asking = self.inner.gate.queue().ask();
        let taken = tokio::time::timeout(IDLE, as_session(pool.get())).await;
        let idle = taken.ok().and_then(Result::ok);
        idle.map(|object| drop(Object::take(object))).is_some()
    }

    fn close(&self, object: Object<Manager<C>>) {
        drop(Object::take(object));
        if let Some(pool) = &*lock(&self.pool) {
            pool.close();
        }
    }

    /// Asks the database what became of the transaction.
    async fn settle(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        let outside = Arc::clone(&self.inner.outside);
        let settling = tokio::task::spawn_blocking(move || outside.settle(verdict));
        settling
            .await
            .unwrap_or_else(|error| RollbackVerdict::Unknown {
                cause: error.to_string(),
            })
    }

    /// Whether the connection is gone then.
    async fn cut_outside(&self) -> bool {
        let outside = Arc::clone(&self.inner.outside);
        let cutting = tokio::task::spawn_blocking(move || outside.cut()).await;
        let gone = cutting.unwrap_or_else(|error| {
            crate::verdict::not_cut(&error.to_string());
            false
        });
        if gone {
            self.inner.gate.witness().saw_it_gone();
        }
        gone
    }
}

impl<C: Connection> Inner<C> {
    fn over(&self) -> Option<RollbackVerdict> {
        self.gate
            .over()
            .map(|verdict| verdict.remarked(self.outside.remark()))
    }

    /// Rolls back, and has nothing be committed that comes after: work that nobody waits for may
    /// be next in line for the connection.
    fn roll_back(&self, connection: &mut C) -> RollbackVerdict {
        let savepoints = lock(&self.savepoints);
        let verdict = ending::roll_back(connection, &self.gate, &savepoints, &self.outside);
        let _aside = self.gate.witness().look_aside();
        match connection.bar() {
            Err(error) if verdict.is_rolled_back() => RollbackVerdict::Unknown {
                cause: text(&error),
            },
            _ => verdict,
        }
    }
}

impl<C: Connection> Drop for Session<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        let Some(pool) = lock(&self.pool).take() else {
            return;
        };
        self.inner.gate.close();
        let outside = Arc::clone(&self.inner.outside);
        if let Ok(runtime) = Handle::try_current() {
            pool.close();
            runtime.spawn_blocking(move || outside.cut());
        } else {
            outside.cut();
            // Its connection cannot be dropped without a runtime.
            std::mem::forget(pool);
        }
    }
}

impl<C: Connection> smoke_core::Session for Session<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    fn checkouts(&self) -> u64 {
        self.inner.gate.checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async {
            let object = self.take().await.map_err(Absent::into_error)?;
            let entered = self.step(object, |inner, connection| {
                let mut savepoints = lock(&inner.savepoints);
                blocking::enter(connection, &inner.gate, &mut savepoints)
            });
            Ok(entered.await?)
        })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async {
            let object = match self.take().await {
                Ok(object) => object,
                Err(absent) => return absent.after_a_request(),
            };
            let left = self.step(object, |inner, connection| {
                let mut savepoints = lock(&inner.savepoints);
                blocking::leave(connection, &inner.gate, &mut savepoints)
            });
            left.await
        })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let verdict = match self.take().await {
                Ok(object) => {
                    self.inner.gate.close();
                    let inner = Arc::clone(&self.inner);
                    let rolled_back =
                        object.interact(move |connection| inner.roll_back(connection));
                    let verdict =
                        rolled_back
                            .await
                            .unwrap_or_else(|error| RollbackVerdict::Unknown {
                                cause: error.to_string(),
                            });
                    self.close(object);
                    verdict
                }
                Err(absent) => {
                    // Whoever took it out of the pool may have it still.
                    self.inner.gate.close();
                    self.close_idle().await;
                    self.cut_outside().await;
                    match absent {
                        Absent::Gone(verdict) => verdict,
                        Absent::InUse(_) => kept_connection(),
                    }
                }
            };
            self.inner.gate.close();
            let pool = lock(&self.pool).take();
            if let Some(pool) = pool {
                pool.close();
            }
            // Whoever has the connection may have sent something until it was ended.
            let verdict = self.inner.gate.witness().read(verdict);
            if Fate::is_open(&verdict) {
                return self.settle(verdict).await;
            }
            unless_kept(verdict, &self.watch).await
        })
    }

    fn pause(&self, held: Duration) -> Duration {
        pause::<C::Dialect>(&self.inner.gate, held)
    }

    fn explain(&self, error: &Error) -> Option<RollbackVerdict> {
        let is_exhausted = waited::in_vain::<::deadpool_diesel::Error>;
        let was_awaited = || self.inner.gate.queue().may_have_been_awaited();
        explain::<C::Dialect>(&self.inner.gate, error, is_exhausted, was_awaited)
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.inner.gate.witness().take_last_error()
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            self.inner.gate.cut();
            let closed = self.close_idle().await;
            self.cut_outside().await || closed
        })
    }
}
