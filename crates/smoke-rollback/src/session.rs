//! An open sandbox, seen from the side that guards it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::{Berth, LastError};
use smoke_core::{Error, HandleWatch, OpenRequest, Opened, Result, RollbackVerdict};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::absent::{Absent, GRACE, IDLE, finished, kept_connection, patience, unless_kept};
use crate::acting::as_session;
use crate::dialect::Ended;
use crate::explain::explain;
use crate::fate::Fate;
use crate::fault::maybe_exhausted;
use crate::link::{Missing, Thread, Waiters};
use crate::lock::lock;
use crate::moved::Moved;
use crate::queue;
use crate::sandbox::CUTTING;
use crate::steps;
use crate::{Dialect, Link, Sandbox};

/// How long the server may take to notice that a connection was closed.
const CLOSING: Duration = Duration::from_millis(50);

/// What is done around a request.
enum Step {
    Enter,
    Leave,
}

/// The session of one sandbox. It takes the connection before and after each request, and at the end:
/// then it proves the guard, rolls back, and says what it found.
pub struct Session<L: Link> {
    sandbox: Arc<Sandbox<L>>,
    /// None once the sandbox is finished.
    pool: Arc<Mutex<Option<L::Pool>>>,
    handles: HandleWatch,
    berth: Berth,
    /// How long the application waits for a connection.
    patience: Duration,
    /// How many of the check-outs that have timed out were not the application's.
    own_time_outs: AtomicU64,
    runtime: Handle,
}

impl<L: Link> Session<L> {
    /// What a backend returns: a sandbox that has begun, and whose pool has the connection. The pool has
    /// the application wait for it for as long as [`patience`] says. At the end the session leaves a
    /// connection that can be moved in the berth of the request.
    ///
    /// # Panics
    ///
    /// When it is called outside of a Tokio runtime.
    #[must_use]
    pub fn opened(
        sandbox: Arc<Sandbox<L>>,
        pool: L::Pool,
        handles: HandleWatch,
        request: &OpenRequest,
    ) -> Opened<L::Pool> {
        let session = Self::new(sandbox, pool.clone(), handles, request);
        Opened {
            pool,
            session: Arc::new(session),
        }
    }

    pub(crate) fn new(
        sandbox: Arc<Sandbox<L>>,
        pool: L::Pool,
        handles: HandleWatch,
        request: &OpenRequest,
    ) -> Self {
        let session = Self {
            own_time_outs: AtomicU64::new(L::timed_out(&pool)),
            sandbox,
            pool: Arc::new(Mutex::new(Some(pool))),
            handles,
            berth: request.berth.clone(),
            patience: patience(request.limit),
            runtime: Handle::current(),
        };
        session.watch();
        session
    }

    /// Has the queue see who has the connection and who waits for it, until the sandbox is over.
    fn watch(&self) {
        // So that the pool is not kept.
        let pool = Arc::downgrade(&self.pool);
        let gate = Arc::clone(self.sandbox.gate());
        let look = move || {
            let pool = pool.upgrade().filter(|_| !gate.is_closed())?;
            let pool = lock(&pool);
            L::look(pool.as_ref()?)
        };
        if look().is_some() {
            let queue = Arc::clone(self.sandbox.gate().queue());
            queue::watch(queue, self.patience, look);
        }
    }

    fn pool(&self) -> Option<L::Pool> {
        lock(&self.pool).clone()
    }

    /// The connection, unless it is in use or gone.
    async fn take(&self) -> Result<L::Taken, Absent> {
        if let Some(verdict) = self.sandbox.over() {
            return Err(Absent::Gone(verdict));
        }
        let Some(pool) = self.pool() else {
            return Err(Absent::Gone(finished()));
        };
        let taken = {
            let asking = self.sandbox.gate().queue().ask();
            let before = L::timed_out(&pool);
            let taking = as_session(self.sandbox.link().take(&pool, GRACE));
            let in_use = || Err(Missing::InUse(not_given_back()));
            let taken = timeout(GRACE + IDLE, taking)
                .await
                .unwrap_or_else(|_| in_use());
            if taken.is_ok() {
                asking.got();
            }
            self.look_for_exhaustion(before, L::timed_out(&pool), taken.is_ok());
            taken
        };
        match (taken, self.sandbox.over()) {
            (Ok(taken), _) => Ok(taken),
            // Also where it was lost while it was waited for.
            (Err(_), Some(verdict)) => Err(Absent::Gone(verdict)),
            (Err(Missing::InUse(said)), None) => Err(Absent::InUse(said)),
            (Err(Missing::Gone(cause)), None) => Err(Absent::Gone(self.lost(cause).await)),
        }
    }

    /// Tells the witness of a second connection that was asked for in vain, given how many
    /// check-outs had timed out before the session asked for the first, and after that.
    fn look_for_exhaustion(&self, before: u64, after: u64, has_it: bool) {
        let queue = self.sandbox.gate().queue();
        let own = self
            .own_time_outs
            .fetch_add(after - before, Ordering::SeqCst);
        // Those during which the pool looked at the connection did not wait for anybody.
        let in_vain = before > own + queue.given_up();
        if in_vain || (has_it && queue.in_vain()) {
            self.sandbox.gate().witness().saw_exhaustion();
        }
    }

    /// Whether somebody may have waited for the connection in vain.
    fn may_have_been_awaited(&self) -> bool {
        let queue = self.sandbox.gate().queue();
        let own = self.own_time_outs.load(Ordering::SeqCst) + queue.given_up();
        let has_counted = self.pool().is_some_and(|pool| L::timed_out(&pool) > own);
        has_counted || queue.may_have_been_awaited()
    }

    /// What to make of a pool that has no connection any more: the application may have taken it out.
    async fn lost(&self, cause: String) -> RollbackVerdict {
        const TAKEN: &str =
            "the application took the connection out of the sandbox's pool (detach, leak, take)";
        let gate = self.sandbox.gate();
        let ended = self.sandbox.end(CLOSING).await;
        if ended.is_ok() {
            gate.witness().saw_it_gone();
        }
        let verdict = match (gate.over(), ended) {
            (Some(verdict), _) => verdict,
            (None, Ok(Ended::Before)) => {
                gate.lose(cause.clone());
                RollbackVerdict::ConnectionLost { cause }
            }
            (None, Ok(Ended::Now)) if L::Dialect::NEVER_COMMITS => {
                let cause = format!("{TAKEN}; it was ended from outside");
                gate.lose(cause.clone());
                RollbackVerdict::ConnectionLost { cause }
            }
            (None, Ok(Ended::Now)) if L::Dialect::ENDS_ON_ITS_OWN => {
                gate.witness()
                    .doubt(&format!("{TAKEN}, where nobody sees what it commits"));
                let cause = "it was ended from outside".to_owned();
                gate.find(RollbackVerdict::ConnectionLost { cause })
            }
            (None, Ok(Ended::Now)) => gate.find(RollbackVerdict::Unknown {
                cause: format!(
                    "{TAKEN}, where nobody sees what it commits; it was ended from outside"
                ),
            }),
            (None, Err(why)) => gate.find(RollbackVerdict::Unknown {
                cause: format!(
                    "{cause}; and the connection could not be ended from outside: {why}"
                ),
            }),
        };
        self.shut();
        verdict
    }

    /// Does a step on the connection, which is closed where the sandbox is over then.
    async fn step(&self, taken: L::Taken, step: Step) -> Result<(), RollbackVerdict> {
        let sandbox = Arc::clone(&self.sandbox);
        let stepping = L::with(taken, Thread::Shared, move |connection| {
            Box::pin(async move {
                match step {
                    Step::Enter => steps::enter(&sandbox, connection).await,
                    Step::Leave => steps::leave(&sandbox, connection).await,
                }
            })
        });
        match stepping.await {
            Ok((taken, done)) => {
                if self.sandbox.gate().is_closed() {
                    self.sandbox.link().discard(taken).await;
                    self.shut();
                }
                done.map_err(|verdict| self.sandbox.remarked(verdict))
            }
            Err(cause) => Err(self.sandbox.gate().find(RollbackVerdict::Unknown { cause })),
        }
    }

    /// Has nothing be handed out any more.
    fn shut(&self) {
        self.sandbox.gate().close();
        if let Some(pool) = self.pool() {
            self.sandbox.link().shut(&pool);
        }
    }

    /// Closes the connection if nobody has it: that needs no other one, which a pooler may not have.
    /// Whether it was closed.
    async fn close_idle(&self) -> bool {
        let Some(pool) = self.pool() else {
            return false;
        };
        let _asking = self.sandbox.gate().queue().ask();
        let taking = as_session(self.sandbox.link().take(&pool, IDLE));
        match timeout(IDLE, taking).await {
            Ok(Ok(taken)) => {
                self.sandbox.link().discard(taken).await;
                true
            }
            _ => false,
        }
    }

    /// Rolls back, and keeps the connection for the next test where that can be done.
    async fn roll_back(&self, taken: L::Taken) -> (RollbackVerdict, Option<Moved<L>>) {
        let sandbox = Arc::clone(&self.sandbox);
        let ending = L::with(taken, Thread::Own, move |connection| {
            Box::pin(async move {
                let verdict = sandbox.remarked(steps::roll_back(&sandbox, connection).await);
                let movable = sandbox.movable().filter(|_| verdict.is_rolled_back());
                if L::ENDS_WHEN_DROPPED || movable.is_some() {
                    return (verdict, movable);
                }
                // Work that nobody waits for any more may be next in line for it.
                let _aside = sandbox.gate().witness().look_aside();
                match L::Dialect::bar::<L>(connection).await {
                    Err(error) if verdict.is_rolled_back() => {
                        let cause = L::said(&error);
                        (RollbackVerdict::Unknown { cause }, None)
                    }
                    _ => (verdict, None),
                }
            })
        });
        match ending.await {
            Ok((taken, (verdict, Some(outside)))) => match self.sandbox.link().release(taken).await
            {
                Ok((connection, luggage)) => {
                    let moved = Moved {
                        connection,
                        outside,
                        luggage,
                    };
                    (verdict, Some(moved))
                }
                Err(taken) => {
                    self.sandbox.link().discard(taken).await;
                    (verdict, None)
                }
            },
            Ok((taken, (verdict, None))) => {
                self.sandbox.link().discard(taken).await;
                (verdict, None)
            }
            Err(cause) => (RollbackVerdict::Unknown { cause }, None),
        }
    }

    /// A verdict that leaves open what became of the transaction, once the database was asked.
    async fn settled(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        // Whoever has the connection may have sent something until it was ended.
        let verdict = self.sandbox.gate().witness().read(verdict);
        if !Fate::is_open(&verdict) {
            return verdict;
        }
        let (sandbox, asked) = (Arc::clone(&self.sandbox), verdict.clone());
        let asking = L::apart(async move {
            match sandbox.outside() {
                Some(outside) => L::Dialect::settle(sandbox.link(), outside, asked).await,
                None => asked,
            }
        });
        match timeout(CUTTING, asking).await {
            Ok(Some(settled)) => settled,
            Ok(None) => Fate::Unknown("asking panicked".to_owned()).settles(verdict),
            Err(_) => {
                Fate::Unknown(format!("asking takes longer than {CUTTING:?}")).settles(verdict)
            }
        }
    }

    async fn end(&self) -> RollbackVerdict {
        let (verdict, moved) = match self.take().await {
            Ok(taken) => {
                self.shut();
                self.roll_back(taken).await
            }
            Err(absent) => {
                self.shut();
                if !self.sandbox.gate().witness().is_gone() {
                    // Whoever took it out of the pool may have it still.
                    self.close_idle().await;
                    self.sandbox.end_or_say_why().await;
                }
                match absent {
                    Absent::Gone(verdict) => (verdict, None),
                    Absent::InUse(_) => (kept_connection(), None),
                }
            }
        };
        self.sandbox.gate().close();
        let pool = lock(&self.pool).take();
        if let Some(pool) = pool {
            self.sandbox.link().part(pool).await;
        }
        let verdict = self.settled(verdict).await;
        self.sandbox.gate().finished(&verdict);
        // Whatever still holds the pool: it has no connection any more.
        if let Some(moved) = moved.filter(|_| verdict.is_rolled_back())
            && self.sandbox.gate().move_on()
        {
            self.berth.keep(moved);
        }
        unless_kept(verdict, &self.handles).await
    }
}

fn not_given_back() -> String {
    format!("it was not given back within {GRACE:?}")
}

impl<L: Link> std::fmt::Debug for Session<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

impl<L: Link> Drop for Session<L> {
    /// A session that nobody finished closes its connection.
    fn drop(&mut self) {
        let Some(pool) = lock(&self.pool).take() else {
            return;
        };
        let sandbox = Arc::clone(&self.sandbox);
        sandbox.gate().close();
        sandbox.link().shut(&pool);
        self.runtime.spawn(async move {
            if !sandbox.link().part(pool).await {
                sandbox.end_or_say_why().await;
            }
        });
    }
}

impl<L: Link> smoke_core::Session for Session<L> {
    fn checkouts(&self) -> u64 {
        self.sandbox.gate().checkouts()
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async {
            let taken = self.take().await.map_err(Absent::into_error)?;
            Ok(self.step(taken, Step::Enter).await?)
        })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async {
            let taken = match self.take().await {
                Ok(taken) => taken,
                Err(absent) => return absent.after_a_request(),
            };
            self.step(taken, Step::Leave).await
        })
    }

    /// May block: the core gives each end a thread of its own.
    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(self.end())
    }

    fn held(&self) -> Option<Duration> {
        self.sandbox.held()
    }

    fn pause(&self, held: Duration) -> Duration {
        if self.sandbox.gate().witness().lets_write() {
            L::Dialect::pause(held)
        } else {
            Duration::ZERO
        }
    }

    fn explain(&self, error: &Error) -> Option<RollbackVerdict> {
        let found = explain(&self.sandbox, error, || self.may_have_been_awaited());
        if found.is_some() {
            self.sandbox.keep_to_itself();
        }
        found
    }

    fn remark(&self, error: &Error) -> Option<String> {
        if L::WAITERS != Waiters::Unseen {
            return None;
        }
        let is_known = error.find(|clue| match clue {
            smoke_core::Clue::Error(_) => self.sandbox.link().find(clue).map(drop),
            smoke_core::Clue::Text(_) => None,
        });
        let held = self.sandbox.gate().queue().longest();
        // It is looked at from time to time only.
        let waited_for = held >= self.patience - self.patience / 4;
        (waited_for && is_known.is_none()).then(|| maybe_exhausted(held))
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.sandbox.gate().witness().take_last_error()
    }

    fn plainer(&self, error: &Error) -> Option<(String, String)> {
        self.sandbox.link().plainer(error)
    }

    /// May block, as [`finish`](smoke_core::Session::finish) does.
    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            if !self.sandbox.gate().cut() {
                return true;
            }
            if L::ENDS_WHEN_DROPPED && self.sandbox.gate().is_rolled_back() {
                return true;
            }
            let closed = self.close_idle().await;
            self.sandbox.end_or_say_why().await || closed
        })
    }
}
