//! An open sandbox, seen from the side that guards it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::LastError;
use smoke_core::rollback::acting::as_session;
use smoke_core::rollback::postgres::Fate;
use smoke_core::{Error, HandleWatch, Result, RollbackVerdict};
use tokio::runtime::Handle;

use super::{Connect, Connection, Missing, SandboxPool};
use crate::absent::{Absent, GRACE, IDLE, finished, kept_connection, unless_kept};
use crate::gate::{Gate, lock};
use crate::savepoints::Savepoints;
use crate::steps::asynchronous;
use crate::verdict::{not_cut, text};
use crate::witness::{explain, pause};
use smoke_core::rollback::redact;

type ServerSide<P> = <<P as SandboxPool>::Connection as Connection>::ServerSide;
type Dialect<P> = <<P as SandboxPool>::Connection as Connection>::Dialect;

/// How long ending a connection from outside may take.
const CUTTING: Duration = Duration::from_millis(800);

pub(super) struct Session<P: SandboxPool> {
    /// None once the sandbox is finished.
    pool: Mutex<Option<P>>,
    gate: Arc<Gate>,
    watch: HandleWatch,
    savepoints: tokio::sync::Mutex<Savepoints>,
    server_side: Arc<OnceLock<ServerSide<P>>>,
    connect: Connect<P::Connection>,
    /// How many of the check-outs that have timed out were not the application's.
    own_time_outs: AtomicU64,
}

impl<P: SandboxPool> Session<P> {
    pub(super) fn new(
        pool: P,
        gate: Arc<Gate>,
        watch: HandleWatch,
        savepoints: Savepoints,
        server_side: Arc<OnceLock<ServerSide<P>>>,
        connect: Connect<P::Connection>,
    ) -> Self {
        Self {
            own_time_outs: AtomicU64::new(pool.timed_out()),
            pool: Mutex::new(Some(pool)),
            gate,
            watch,
            savepoints: tokio::sync::Mutex::new(savepoints),
            server_side,
            connect,
        }
    }

    /// The connection, unless it is in use or gone.
    async fn take(&self) -> Result<P::Object, Absent> {
        if let Some(verdict) = self.gate.over() {
            return Err(Absent::Gone(self.remarked(verdict)));
        }
        let Some(pool) = self.pool() else {
            return Err(Absent::Gone(finished()));
        };
        let taken = {
            let asking = self.gate.queue().ask();
            let before = pool.timed_out();
            let taken = as_session(pool.take(GRACE)).await;
            if taken.is_ok() {
                asking.got();
            }
            self.look_for_exhaustion(before, pool.timed_out(), taken.is_ok());
            taken
        };
        taken.map_err(|missing| match (self.gate.over(), missing) {
            (Some(verdict), _) => Absent::Gone(self.remarked(verdict)),
            (None, Missing::InUse(said)) => Absent::InUse(said),
            (None, Missing::Gone(said)) => Absent::Gone(RollbackVerdict::ConnectionLost {
                cause: redact(&said).into_owned(),
            }),
        })
    }

    /// Tells the witness of a second connection that was asked for in vain, given how many
    /// check-outs had timed out before the session asked for the first, and after that.
    fn look_for_exhaustion(&self, before: u64, after: u64, has_it: bool) {
        let queue = self.gate.queue();
        let own = self
            .own_time_outs
            .fetch_add(after - before, Ordering::SeqCst);
        // Those during which the pool looked at the connection did not wait for anybody.
        let in_vain = before > own + queue.given_up();
        if in_vain || (has_it && queue.in_vain()) {
            self.gate.witness().saw_exhaustion();
        }
    }

    /// Whether somebody may have waited for the connection in vain.
    fn may_have_been_awaited(&self) -> bool {
        let queue = self.gate.queue();
        let own = self.own_time_outs.load(Ordering::SeqCst) + queue.given_up();
        let has_counted = self.pool().is_some_and(|pool| pool.timed_out() > own);
        has_counted || queue.may_have_been_awaited()
    }

    fn pool(&self) -> Option<P> {
        lock(&self.pool).clone()
    }

    /// Closes the connection where the sandbox is over, and gives it back where it is not.
    fn give_back(&self, connection: P::Object) {
        if self.gate.is_closed() {
            self.close(connection);
        }
    }

    fn close(&self, connection: P::Object) {
        P::discard(connection);
        if let Some(pool) = self.pool() {
            pool.close();
        }
    }

    /// Closes the connection if nobody has it: that needs no other one, which a pooler may not have.
    /// Whether it was closed.
    async fn close_idle(&self) -> bool {
        let Some(pool) = self.pool() else {
            return false;
        };
        let _asking = self.gate.queue().ask();
        let taken = tokio::time::timeout(IDLE, as_session(pool.take(IDLE))).await;
        let idle = taken.ok().and_then(Result::ok);
        idle.map(P::discard).is_some()
    }

    fn remarked(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        verdict.remarked(self.server_side.get().and_then(P::Connection::remark))
    }

    /// Whether the connection is gone then.
    async fn end_from_outside(&self) -> bool {
        let gone = end_from_outside::<P::Connection>(&self.server_side, &self.connect).await;
        if gone {
            self.gate.witness().saw_it_gone();
        }
        gone
    }

    /// A verdict that leaves open what became of the transaction, once the database was asked.
    async fn settled(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        // Whoever has the connection may have sent something until it was ended.
        let verdict = self.gate.witness().read(verdict);
        let Some(server_side) = self.server_side.get().filter(|_| Fate::is_open(&verdict)) else {
            return verdict;
        };
        let asking = P::Connection::settle(server_side, &self.connect, verdict.clone());
        match tokio::time::timeout(CUTTING, asking).await {
            Ok(settled) => settled,
            Err(_) => {
                Fate::Unknown(format!("asking takes longer than {CUTTING:?}")).settles(verdict)
            }
        }
    }
}

impl<P: SandboxPool> Drop for Session<P> {
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        let Some(pool) = lock(&self.pool).take() else {
            return;
        };
        self.gate.close();
        pool.close();
        let in_use = pool.has_connection();
        if let (true, Ok(runtime)) = (in_use, Handle::try_current()) {
            let (server_side, connect) = (Arc::clone(&self.server_side), Arc::clone(&self.connect));
            runtime.spawn(async move {
                end_from_outside::<P::Connection>(&server_side, &connect).await
            });
        }
    }
}

/// Whether the connection is gone then.
async fn end_from_outside<C: Connection>(
    server_side: &OnceLock<C::ServerSide>,
    connect: &Connect<C>,
) -> bool {
    let Some(server_side) = server_side.get() else {
        return false;
    };
    let why = match tokio::time::timeout(CUTTING, C::end(server_side, connect)).await {
        Ok(Ok(())) => return true,
        Ok(Err(why)) => why,
        Err(_) => format!("that takes longer than {CUTTING:?}"),
    };
    not_cut(&why);
    false
}

impl<P: SandboxPool> smoke_core::Session for Session<P> {
    fn checkouts(&self) -> u64 {
        self.gate.checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async {
            let mut connection = self.take().await.map_err(Absent::into_error)?;
            let mut savepoints = self.savepoints.lock().await;
            let entered = asynchronous::enter(&mut *connection, &self.gate, &mut savepoints).await;
            self.give_back(connection);
            Ok(entered.map_err(|verdict| self.remarked(verdict))?)
        })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async {
            let mut connection = match self.take().await {
                Ok(connection) => connection,
                Err(absent) => return absent.after_a_request(),
            };
            let mut savepoints = self.savepoints.lock().await;
            let left = asynchronous::leave(&mut *connection, &self.gate, &mut savepoints).await;
            self.give_back(connection);
            left.map_err(|verdict| self.remarked(verdict))
        })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let verdict = match self.take().await {
                Ok(mut connection) => {
                    self.gate.close();
                    let refusal = self.server_side.get().and_then(P::Connection::refusal);
                    let savepoints = self.savepoints.lock().await;
                    let verdict =
                        asynchronous::roll_back(&mut *connection, &self.gate, &savepoints).await;
                    let verdict = match (refusal, self.remarked(verdict)) {
                        (Some(cause), RollbackVerdict::RolledBack) => {
                            RollbackVerdict::Refused { cause }
                        }
                        (_, verdict) => looked_back(verdict, &mut *connection).await,
                    };
                    self.close(connection);
                    verdict
                }
                Err(Absent::Gone(verdict)) => {
                    // It is gone from the pool; whoever took it out may have it still.
                    self.gate.close();
                    self.close_idle().await;
                    self.end_from_outside().await;
                    verdict
                }
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
            let verdict = self.settled(verdict).await;
            self.gate.finished(&verdict);
            unless_kept(verdict, &self.watch).await
        })
    }

    fn pause(&self, held: Duration) -> Duration {
        pause::<Dialect<P>>(&self.gate, held)
    }

    fn explain(&self, error: &Error) -> Option<RollbackVerdict> {
        let was_awaited = || self.may_have_been_awaited();
        explain::<Dialect<P>>(&self.gate, error, P::is_exhausted, was_awaited)
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.gate.witness().take_last_error()
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            self.gate.cut();
            if P::Connection::ENDS_WHEN_DROPPED && self.gate.is_rolled_back() {
                return true;
            }
            let closed = self.close_idle().await;
            self.end_from_outside().await || closed
        })
    }
}

/// What was not rolled back by a rollback.
async fn looked_back<C: Connection>(
    verdict: RollbackVerdict,
    connection: &mut C,
) -> RollbackVerdict {
    if !verdict.is_rolled_back() {
        return verdict;
    }
    connection
        .look_back()
        .await
        .unwrap_or_else(|error| RollbackVerdict::Unknown {
            cause: text(&error),
        })
}
