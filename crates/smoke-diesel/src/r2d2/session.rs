//! An open sandbox, seen from the side that guards it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::result::Error as SqlError;
use futures_util::future::BoxFuture;
use smoke_core::{Error, HandleWatch, Result, RollbackVerdict};

use super::connection::{Connection, Outside, condemn, end_nested};
use super::observe::as_session;
use super::{Pool, Pooled};
use crate::dialect::Dialect;
use crate::gate::{Gate, lock};
use crate::savepoints::{Attempt, Ending, Entering, Savepoints};
use crate::verdict::{aborted, refused, unproven};

/// How long to wait for the connection, and for the last handle of the pool.
const GRACE: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

pub(super) struct Session<C: Connection>(Arc<Inner<C>>);

struct Inner<C: Connection> {
    /// None once the sandbox is finished.
    pool: Mutex<Option<Pool<C>>>,
    gate: Arc<Gate>,
    watch: HandleWatch,
    savepoints: Mutex<Savepoints>,
    outside: C::Outside,
    /// What is done when a straggler brings the connection back.
    afterwards: Arc<Mutex<Option<Job>>>,
}

/// Why the session has no connection.
enum Absent {
    /// Somebody else has it.
    InUse(String),
    /// There is none any more.
    Gone(RollbackVerdict),
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
            outside,
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

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            match self.blocking(Inner::finish).await {
                Ok(RollbackVerdict::RolledBack) if !self.0.watch.gone(GRACE).await => {
                    RollbackVerdict::Straggler {
                        holder: "a handle of the sandbox's pool was still held".to_owned(),
                    }
                }
                Ok(verdict) | Err(verdict) => verdict,
            }
        })
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.0.gate.cut();
            let _ = self.blocking(|inner| inner.outside.cut()).await;
        })
    }
}

impl<C: Connection> Inner<C> {
    fn enter(&self) -> Result {
        let mut connection = match self.take() {
            Ok(connection) => connection,
            Err(Absent::Gone(verdict)) => return Err(verdict.into()),
            Err(Absent::InUse(said)) => {
                return Err(Error::msg(format!(
                    "the sandbox's one connection is in use: {said}"
                )));
            }
        };
        end_nested(&mut *connection);
        let mut savepoints = lock(&self.savepoints);
        if let Some(attempts) = savepoints.leave() {
            self.first_success(&mut connection, attempts)?;
        }
        match self.first_success(&mut connection, savepoints.enter())? {
            Entering::Entered => Ok(()),
            Entering::Aborted => {
                savepoints.left();
                Err(aborted().into())
            }
        }
    }

    fn leave(&self) -> Result<(), RollbackVerdict> {
        let mut connection = match self.take() {
            Ok(connection) => connection,
            Err(Absent::Gone(verdict)) => return Err(verdict),
            // The savepoint stays; the end of the sandbox finds what there is to find.
            Err(Absent::InUse(_)) => return Ok(()),
        };
        end_nested(&mut *connection);
        let mut savepoints = lock(&self.savepoints);
        if let Some(attempts) = savepoints.leave() {
            self.first_success(&mut connection, attempts)?;
            savepoints.left();
        }
        Ok(())
    }

    fn finish(&self) -> RollbackVerdict {
        let verdict = match self.take() {
            Ok(mut connection) => {
                end_nested(&mut *connection);
                let verdict = self.roll_back(&mut connection);
                // The pool closes the connection, and gets no other.
                self.gate.close();
                condemn(&mut *connection);
                verdict
            }
            Err(Absent::Gone(verdict)) => verdict,
            Err(Absent::InUse(_)) => {
                self.gate.close();
                self.outside.cut();
                self.discard_when_it_returns();
                RollbackVerdict::Straggler {
                    holder: "the sandbox's connection was still in use".to_owned(),
                }
            }
        };
        self.gate.close();
        drop(lock(&self.pool).take());
        verdict
    }

    fn roll_back(&self, connection: &mut Pooled<C>) -> RollbackVerdict {
        let refusal = self.outside.refusal();
        let savepoints = lock(&self.savepoints);
        let errors = match attempt(connection, C::Dialect::end(&savepoints)) {
            Ok((Ending::RolledBack, _)) => {
                return refusal.map_or(RollbackVerdict::RolledBack, |cause| {
                    RollbackVerdict::Refused { cause }
                });
            }
            Ok((Ending::Refused, errors)) => return refused::<C::Dialect>(&errors),
            Err(errors) => errors,
        };
        self.unproven(&errors)
    }

    /// The connection, unless it is in use or gone.
    fn take(&self) -> Result<Pooled<C>, Absent> {
        if let Some(verdict) = self.gate.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = lock(&self.pool).clone() else {
            return Err(Absent::Gone(RollbackVerdict::Unknown {
                cause: "the sandbox is finished".to_owned(),
            }));
        };
        pool.get_timeout(GRACE).map_err(|error| {
            // Also where it was lost while it was waited for.
            match self.gate.over() {
                Some(verdict) => Absent::Gone(verdict),
                None => Absent::InUse(error.to_string()),
            }
        })
    }

    fn first_success<T>(
        &self,
        connection: &mut Pooled<C>,
        attempts: impl IntoIterator<Item = Attempt<T>>,
    ) -> Result<T, RollbackVerdict> {
        match attempt(connection, attempts) {
            Ok((means, _)) => Ok(means),
            Err(errors) => {
                let verdict = self.gate.find(self.unproven(&errors));
                condemn(&mut **connection);
                Err(verdict)
            }
        }
    }

    fn unproven(&self, errors: &[SqlError]) -> RollbackVerdict {
        match (
            unproven::<C::Dialect>(&self.gate, errors),
            self.outside.remark(),
        ) {
            (RollbackVerdict::Escaped { how, at }, Some(remark)) => RollbackVerdict::Escaped {
                how: format!("{how}; {remark}"),
                at,
            },
            (verdict, _) => verdict,
        }
    }

    /// Somebody has the connection, which is good for nothing any more: the pool closes it when
    /// it comes back.
    fn discard_when_it_returns(&self) {
        let Some(pool) = lock(&self.pool).clone() else {
            return;
        };
        let again = pool.clone();
        *lock(&self.afterwards) = Some(Box::new(move || discard(&again)));
        // It may have come back before that was said.
        if let Some(mut connection) = pool.try_get() {
            condemn(&mut *connection);
            drop(lock(&self.afterwards).take());
        }
    }
}

fn discard<C: Connection>(pool: &Pool<C>) {
    as_session(|| {
        if let Ok(mut connection) = pool.get_timeout(GRACE) {
            condemn(&mut *connection);
        }
    });
}

/// Makes one attempt after the other until one succeeds; with the errors of those that failed.
fn attempt<C: diesel::Connection, T>(
    connection: &mut C,
    attempts: impl IntoIterator<Item = Attempt<T>>,
) -> Result<(T, Vec<SqlError>), Vec<SqlError>> {
    let mut errors = Vec::new();
    for Attempt { sql, means } in attempts {
        match connection.batch_execute(&sql) {
            Ok(()) => return Ok((means, errors)),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
