//! One sandbox, as the pool's hooks and the session know it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use smoke_core::{Error, OpenRequest, Result, RollbackVerdict};

use crate::choices::Choices;
use crate::dialect::Ended;
use crate::gate::Gate;
use crate::lock::lock;
use crate::opening::not_opened;
use crate::savepoints::Savepoints;
use crate::terms::Terms;
use crate::{Dialect, Link};

/// How long ending a connection from outside, and asking what became of it, may take.
pub(crate) const CUTTING: Duration = Duration::from_millis(800);

/// What holds a connection from outside.
pub(crate) type Outside<L> = <<L as Link>::Dialect as Dialect>::Outside;

/// The state that the hooks of a sandbox's pool share with its session.
pub struct Sandbox<L: Link> {
    link: L,
    gate: Arc<Gate>,
    terms: Terms,
    savepoints: Mutex<Savepoints>,
    outside: OnceLock<Arc<Outside<L>>>,
    is_movable: AtomicBool,
    began: OnceLock<Instant>,
    rolled_back: OnceLock<Instant>,
}

impl<L: Link> Sandbox<L> {
    /// A sandbox that is about to be opened.
    #[must_use]
    pub fn new(link: L, choices: &Choices, request: &OpenRequest, savepoints: Savepoints) -> Self {
        let gate = Arc::new(Gate::default());
        let witness = gate.witness();
        if L::Dialect::ENDS_ON_ITS_OWN {
            witness.doubts_count();
            if L::HEARS_STATEMENTS {
                witness.listen();
            }
        }
        let terms = choices.terms(request, L::Dialect::WRITES, witness);
        Self {
            link,
            gate,
            terms,
            savepoints: Mutex::new(savepoints),
            outside: OnceLock::new(),
            is_movable: AtomicBool::new(L::MOVES && !choices.one_connection_a_test),
            began: OnceLock::new(),
            rolled_back: OnceLock::new(),
        }
    }

    /// The link that the sandbox was made with.
    pub fn link(&self) -> &L {
        &self.link
    }

    /// The gate of the pool.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// What the sandbox is opened with.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The savepoints.
    pub fn savepoints(&self) -> MutexGuard<'_, Savepoints> {
        lock(&self.savepoints)
    }

    /// The connection as others see it. None before [`begin`](Self::begin).
    pub fn outside(&self) -> Option<&Outside<L>> {
        self.outside.get().map(|outside| &**outside)
    }

    /// Begins the transaction on a connection that is set up as the application's. `known` is the
    /// [`outside`](crate::Moved::outside) of a connection that another sandbox has left.
    ///
    /// # Errors
    ///
    /// When the transaction cannot be begun. The error is a verdict where the database says why: it
    /// cannot be reached, is full, or is locked.
    pub async fn begin(
        &self,
        connection: &mut L::Connection,
        known: Option<Arc<Outside<L>>>,
    ) -> Result {
        let begun = {
            let _aside = self.gate.witness().look_aside();
            L::Dialect::begin(self, connection, known).await
        };
        let outside = begun.map_err(|error| Self::not_begun(&error))?;
        let _ = self.outside.set(outside);
        let _ = self.began.set(Instant::now());
        self.gate.witness().begin();
        Ok(())
    }

    /// The error of a transaction that could not be begun, or of the set-up before it.
    pub fn not_begun(error: &L::Error) -> Error {
        not_opened(L::read(error), L::said(error))
    }

    /// Says of an escape what is known of it beyond what the database says.
    pub(crate) fn remarked(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        verdict.remarked(self.outside().and_then(L::Dialect::remark))
    }

    /// The transaction has been rolled back.
    pub(crate) fn note_rollback(&self) {
        let _ = self.rolled_back.set(Instant::now());
    }

    /// For how long the transaction was held, where it was rolled back in order.
    pub(crate) fn held(&self) -> Option<Duration> {
        let (began, ended) = (self.began.get()?, self.rolled_back.get()?);
        Some(ended.saturating_duration_since(*began))
    }

    /// Why the connection cannot be used any more, where that is known.
    pub(crate) fn over(&self) -> Option<RollbackVerdict> {
        Some(self.remarked(self.gate.over()?))
    }

    /// Leaves the connection to no other sandbox.
    pub(crate) fn keep_to_itself(&self) {
        self.is_movable.store(false, Ordering::SeqCst);
    }

    /// The connection from outside, where another sandbox may have it. Not where the database said
    /// something that explains a failure: it may say the same again, as of a statement that was
    /// prepared for a table that is another one now.
    pub(crate) fn movable(&self) -> Option<Arc<Outside<L>>> {
        let is_movable = self.is_movable.load(Ordering::SeqCst);
        if !is_movable || self.gate.witness().explain().is_some() {
            return None;
        }
        let outside = self.outside.get()?;
        L::Dialect::may_be_moved(outside).then(|| Arc::clone(outside))
    }

    /// Ends the connection, whatever is done with it.
    pub(crate) async fn end(self: &Arc<Self>, closing: Duration) -> Result<Ended, String> {
        let Some(outside) = self.outside.get().cloned() else {
            return Ok(Ended::Before);
        };
        let sandbox = Arc::clone(self);
        let ending = L::apart(async move {
            L::Dialect::end_from_outside(&sandbox.link, &outside, closing).await
        });
        match tokio::time::timeout(CUTTING, ending).await {
            Ok(Some(ended)) => ended,
            Ok(None) => Err("its thread panicked".to_owned()),
            Err(_) => Err(format!("that takes longer than {CUTTING:?}")),
        }
    }

    /// The same, and whether it is gone then; what stands in the way is logged.
    pub(crate) async fn end_or_say_why(self: &Arc<Self>) -> bool {
        match self.end(Duration::ZERO).await {
            Ok(_) => {
                self.gate.witness().saw_it_gone();
                true
            }
            Err(why) => {
                tracing::error!(
                    target: "smoke",
                    "a sandbox's connection could not be ended from outside ({why}); the server's own limits remain",
                );
                false
            }
        }
    }
}

impl<L: Link> fmt::Debug for Sandbox<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("gate", &self.gate)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
