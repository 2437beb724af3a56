//! An open sandbox, seen from the side that guards it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use deadpool::managed::{PoolError, TimeoutType, Timeouts};
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::Object;
use futures_util::future::BoxFuture;
use smoke_core::rollback::acting::as_session;
use smoke_core::{HandleWatch, Result, RollbackVerdict};
use tokio::runtime::Handle;

use super::{Connect, Connection, Pool};
use crate::absent::{Absent, GRACE, finished, kept_connection, kept_pool};
use crate::dialect::PostgresDialect;
use crate::gate::{Gate, lock};
use crate::postgres::ServerSide;
use crate::redact::redact;
use crate::savepoints::Savepoints;
use crate::steps::asynchronous;
use crate::verdict::not_cut;

/// How long ending a connection from outside may take.
const CUTTING: Duration = Duration::from_millis(800);

pub(super) struct Session {
    /// None once the sandbox is finished.
    pool: Mutex<Option<Pool>>,
    gate: Arc<Gate>,
    watch: HandleWatch,
    savepoints: tokio::sync::Mutex<Savepoints>,
    server_side: Arc<OnceLock<ServerSide>>,
    connect: Connect,
}

impl Session {
    pub(super) fn new(
        pool: Pool,
        gate: Arc<Gate>,
        watch: HandleWatch,
        savepoints: Savepoints,
        server_side: Arc<OnceLock<ServerSide>>,
        connect: Connect,
    ) -> Self {
        Self {
            pool: Mutex::new(Some(pool)),
            gate,
            watch,
            savepoints: tokio::sync::Mutex::new(savepoints),
            server_side,
            connect,
        }
    }

    /// The connection, unless it is in use or gone.
    async fn take(&self) -> Result<Object<Connection>, Absent> {
        if let Some(verdict) = self.gate.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = self.pool() else {
            return Err(Absent::Gone(finished()));
        };
        let timeouts = Timeouts {
            wait: Some(GRACE),
            create: None,
            recycle: None,
        };
        as_session(pool.timeout_get(&timeouts))
            .await
            .map_err(|error| match (self.gate.over(), error) {
                (Some(verdict), _) => Absent::Gone(verdict),
                (None, error @ PoolError::Timeout(TimeoutType::Wait)) => {
                    Absent::InUse(error.to_string())
                }
                (None, error) => Absent::Gone(RollbackVerdict::ConnectionLost {
                    cause: redact(&error.to_string()),
                }),
            })
    }

    fn pool(&self) -> Option<Pool> {
        lock(&self.pool).clone()
    }

    /// Closes the connection where the sandbox is over, and gives it back where it is not.
    fn give_back(&self, connection: Object<Connection>) {
        if self.gate.is_closed() {
            self.close(connection);
        }
    }

    fn close(&self, connection: Object<Connection>) {
        drop(Object::take(connection));
        if let Some(pool) = self.pool() {
            pool.close();
        }
    }

    async fn end_from_outside(&self) {
        end_from_outside(&self.server_side, &self.connect).await;
    }
}

impl Drop for Session {
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        let Some(pool) = lock(&self.pool).take() else {
            return;
        };
        self.gate.close();
        pool.close();
        let in_use = pool.status().size > 0;
        if let (true, Ok(runtime)) = (in_use, Handle::try_current()) {
            let (server_side, connect) = (Arc::clone(&self.server_side), Arc::clone(&self.connect));
            runtime.spawn(async move { end_from_outside(&server_side, &connect).await });
        }
    }
}

async fn end_from_outside(server_side: &OnceLock<ServerSide>, connect: &Connect) {
    let Some(server_side) = server_side.get() else {
        return;
    };
    let other = async { connect().await.map_err(CutError::from) };
    let ended = tokio::time::timeout(CUTTING, server_side.end(other)).await;
    let why = match ended {
        Ok(Ok(true)) => return,
        Ok(Ok(false)) => "it was told to end and is still there".to_owned(),
        Ok(Err(CutError(error))) => redact(&error),
        Err(_) => format!("that takes longer than {CUTTING:?}"),
    };
    not_cut(&why);
}

/// Why a connection could not be ended from outside.
struct CutError(String);

impl From<ConnectionError> for CutError {
    fn from(error: ConnectionError) -> Self {
        Self(error.to_string())
    }
}

impl From<diesel::result::Error> for CutError {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

impl smoke_core::Session for Session {
    fn checkouts(&self) -> u64 {
        self.gate.checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async {
            let mut connection = self.take().await.map_err(Absent::into_error)?;
            let mut savepoints = self.savepoints.lock().await;
            let entered = asynchronous::enter::<PostgresDialect, Connection>(
                &mut connection,
                &self.gate,
                &mut savepoints,
            )
            .await;
            self.give_back(connection);
            Ok(entered?)
        })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async {
            let mut connection = match self.take().await {
                Ok(connection) => connection,
                Err(absent) => return absent.after_a_request(),
            };
            let mut savepoints = self.savepoints.lock().await;
            let left = asynchronous::leave::<PostgresDialect, Connection>(
                &mut connection,
                &self.gate,
                &mut savepoints,
            )
            .await;
            self.give_back(connection);
            left
        })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let verdict = match self.take().await {
                Ok(mut connection) => {
                    self.gate.close();
                    let savepoints = self.savepoints.lock().await;
                    let verdict = asynchronous::roll_back::<PostgresDialect, Connection>(
                        &mut connection,
                        &self.gate,
                        &savepoints,
                    )
                    .await;
                    self.close(connection);
                    verdict
                }
                Err(Absent::Gone(verdict)) => verdict,
                Err(Absent::InUse(_)) => {
                    self.gate.close();
                    self.end_from_outside().await;
                    kept_connection()
                }
            };
            self.gate.close();
            let pool = lock(&self.pool).take();
            if let Some(pool) = pool {
                pool.close();
            }
            if verdict.is_rolled_back() && !self.watch.gone(GRACE).await {
                return kept_pool();
            }
            verdict
        })
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.gate.cut();
            self.end_from_outside().await;
        })
    }
}
