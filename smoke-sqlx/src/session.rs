//! An open sandbox, seen from the side that guards it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::LastError;
use smoke_core::rollback::absent::{Absent, GRACE, IDLE, finished, kept_connection, unless_kept};
use smoke_core::rollback::acting::as_session;
use smoke_core::rollback::fault::maybe_exhausted;
use smoke_core::{Error as SmokeError, HandleWatch, Result, RollbackVerdict};
use sqlx::pool::PoolConnection;
use sqlx::{Error, Pool};
use tokio::runtime::Handle;

use crate::database::Database;
use crate::shared::Shared;
use crate::steps;
use crate::verdict::{explain, is_of_sqlx, plainer, text};

pub(crate) struct Session<DB: Database> {
    shared: Arc<Shared<DB>>,
    watch: HandleWatch,
    /// How long the application waits for a connection.
    patience: Duration,
}

impl<DB: Database> Session<DB> {
    pub(crate) fn new(shared: Arc<Shared<DB>>, watch: HandleWatch, patience: Duration) -> Self {
        Self {
            shared,
            watch,
            patience,
        }
    }

    /// The connection, unless it is in use or gone.
    async fn take(&self) -> Result<PoolConnection<DB>, Absent> {
        if let Some(verdict) = self.shared.gate.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = self.shared.pool() else {
            return Err(Absent::Gone(finished()));
        };
        let asking = self.shared.gate.queue().ask();
        let acquired = tokio::time::timeout(GRACE, as_session(pool.acquire())).await;
        let error = match acquired {
            Ok(Ok(connection)) => {
                asking.got();
                return Ok(connection);
            }
            Ok(Err(error)) => error,
            Err(_) => Error::PoolTimedOut,
        };
        let cause = match error {
            _ if self.shared.gate.over().is_some() => String::new(),
            Error::PoolTimedOut => {
                return Err(Absent::InUse(format!(
                    "it was not given back within {GRACE:?}"
                )));
            }
            Error::PoolClosed => "the application closed the pool".to_owned(),
            // The pool would have connected once more, and could not.
            _ => "the pool, or the application, closed it".to_owned(),
        };
        let verdict = self.shared.lost(cause).await;
        self.shared.shut();
        Err(Absent::Gone(verdict))
    }

    /// Closes the connection where the sandbox is over, and gives it back where it is not.
    async fn give_back(&self, connection: PoolConnection<DB>) {
        if self.shared.gate.is_closed() {
            self.shared.shut();
            close(connection).await;
        }
    }

    /// Closes the connection if nobody has it: that needs no other one, which a pooler may not have.
    /// Whether it was closed.
    async fn close_idle(&self) -> bool {
        let Some(pool) = self.shared.pool() else {
            return false;
        };
        let _asking = self.shared.gate.queue().ask();
        let taken = tokio::time::timeout(IDLE, as_session(pool.acquire())).await;
        let Ok(Ok(connection)) = taken else {
            return false;
        };
        close(connection).await;
        true
    }

    /// Parts with the pool, after waiting a little until it has closed its connection.
    async fn part(&self) {
        self.shared.shut();
        if let Some(pool) = self.shared.part() {
            empty(&pool).await;
        }
    }
}

async fn close<DB: Database>(connection: PoolConnection<DB>) {
    // The server has rolled back, or does so when it notices.
    match tokio::time::timeout(GRACE, connection.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(target: "smoke", "a sandbox's connection was not closed in order: {}", text(&error));
        }
        Err(_) => {
            tracing::debug!(target: "smoke", "closing a sandbox's connection takes longer than {GRACE:?}");
        }
    }
}

async fn empty<DB: Database>(pool: &Pool<DB>) -> bool {
    tokio::time::timeout(GRACE, pool.close()).await.is_ok()
}

impl<DB: Database> Drop for Session<DB> {
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        self.shared.shut();
        let (Some(pool), Ok(runtime)) = (self.shared.part(), Handle::try_current()) else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        runtime.spawn(async move {
            if !empty(&pool).await {
                shared.end_from_outside().await;
            }
        });
    }
}

impl<DB: Database> smoke_core::Session for Session<DB> {
    fn checkouts(&self) -> u64 {
        self.shared.gate.checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async {
            let mut connection = self.take().await.map_err(Absent::into_error)?;
            let entered = steps::enter(&mut *connection, &self.shared).await;
            self.give_back(connection).await;
            Ok(entered?)
        })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async {
            let mut connection = match self.take().await {
                Ok(connection) => connection,
                Err(absent) => return absent.after_a_request(),
            };
            let left = steps::leave(&mut *connection, &self.shared).await;
            self.give_back(connection).await;
            left
        })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let verdict = match self.take().await {
                Ok(mut connection) => {
                    self.shared.shut();
                    let verdict = steps::roll_back(&mut *connection, &self.shared).await;
                    close(connection).await;
                    verdict
                }
                Err(Absent::Gone(verdict)) => verdict,
                Err(Absent::InUse(_)) => {
                    self.shared.shut();
                    self.shared.end_from_outside().await;
                    kept_connection()
                }
            };
            self.part().await;
            let verdict = self.shared.settled(verdict).await;
            self.shared.gate.finished(&verdict);
            unless_kept(verdict, &self.watch).await
        })
    }

    fn pause(&self, held: Duration) -> Duration {
        if self.shared.gate.witness().lets_write() {
            DB::pause(held)
        } else {
            Duration::ZERO
        }
    }

    fn explain(&self, error: &SmokeError) -> Option<RollbackVerdict> {
        explain(&self.shared, error)
    }

    fn remark(&self, error: &SmokeError) -> Option<String> {
        let is_known = is_of_sqlx(self.shared.on_top, error);
        let held = self.shared.gate.queue().longest();
        // It is looked at from time to time only.
        let waited_for = held >= self.patience - self.patience / 4;
        (waited_for && !is_known).then(|| maybe_exhausted(held))
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.shared.gate.witness().take_last_error()
    }

    fn plainer(&self, error: &SmokeError) -> Option<(String, String)> {
        plainer(self.shared.on_top, error)
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            self.shared.gate.cut();
            if self.shared.gate.is_rolled_back() {
                return true;
            }
            let closed = self.close_idle().await;
            self.shared.end_from_outside().await || closed
        })
    }
}
