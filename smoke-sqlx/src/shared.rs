//! What the two sides of one sandbox have in common.

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use smoke_core::RollbackVerdict;
use smoke_core::rollback::gate::{Gate, lock};
use smoke_core::rollback::postgres::Fate;
use smoke_core::rollback::savepoints::Savepoints;
use sqlx::Pool;

use crate::database::{Database, Ended, Options};
use crate::rollback::OnTop;
use crate::verdict::not_cut;

/// How long ending a connection from outside may take.
const CUTTING: Duration = Duration::from_millis(800);

/// How long the server may take to notice that a connection was closed.
const CLOSING: Duration = Duration::from_millis(50);

/// Shared by the pool, in its hook, and the session.
pub(crate) struct Shared<DB: Database> {
    pub(crate) gate: Gate,
    pub(crate) savepoints: Mutex<Savepoints>,
    options: Options<DB>,
    outside: OnceLock<DB::Outside>,
    /// How a library on top of sqlx shows its errors.
    pub(crate) on_top: OnTop,
    /// None once the sandbox is finished, and before it is open.
    pool: Mutex<Option<Pool<DB>>>,
}

impl<DB: Database> Shared<DB> {
    pub(crate) fn new(savepoints: Savepoints, options: Options<DB>, on_top: OnTop) -> Self {
        Self {
            gate: Gate::default(),
            savepoints: Mutex::new(savepoints),
            options,
            outside: OnceLock::new(),
            on_top,
            pool: Mutex::new(None),
        }
    }

    pub(crate) fn opened(&self, pool: Pool<DB>, outside: DB::Outside) {
        let _ = self.outside.set(outside);
        *lock(&self.pool) = Some(pool);
    }

    pub(crate) fn outside(&self) -> Option<&DB::Outside> {
        self.outside.get()
    }

    pub(crate) fn pool(&self) -> Option<Pool<DB>> {
        lock(&self.pool).clone()
    }

    /// Parts with the pool, which holds what is shared here.
    pub(crate) fn part(&self) -> Option<Pool<DB>> {
        lock(&self.pool).take()
    }

    /// Has the pool hand nothing out any more.
    pub(crate) fn shut(&self) {
        self.gate.close();
        if let Some(pool) = self.pool() {
            // It counts as closed before anybody waits for that.
            drop(pool.close());
        }
    }

    /// What to make of a pool that has no connection any more.
    pub(crate) async fn lost(&self, cause: String) -> RollbackVerdict {
        let ended = self.end(CLOSING).await;
        if let Some(verdict) = self.gate.over() {
            return verdict;
        }
        const TAKEN: &str =
            "the application took the connection out of the sandbox's pool (detach, leak)";
        match ended {
            Ok(Ended::Before) => {
                self.gate.lose(cause.clone());
                RollbackVerdict::ConnectionLost { cause }
            }
            Ok(Ended::Now) if DB::SEALED => {
                let cause = format!("{TAKEN}; it was ended from outside");
                self.gate.lose(cause.clone());
                RollbackVerdict::ConnectionLost { cause }
            }
            Ok(Ended::Now) if DB::ENDS_ON_ITS_OWN => {
                let doubt = format!("{TAKEN}, where nobody sees what it commits");
                self.gate.witness().doubt(&doubt);
                let cause = "it was ended from outside".to_owned();
                self.gate.find(RollbackVerdict::ConnectionLost { cause })
            }
            Ok(Ended::Now) => self.gate.find(RollbackVerdict::Unknown {
                cause: format!(
                    "{TAKEN}, where nobody sees what it commits; it was ended from outside"
                ),
            }),
            Err(why) => self.gate.find(RollbackVerdict::Unknown {
                cause: format!(
                    "{cause}; and the connection could not be ended from outside: {why}"
                ),
            }),
        }
    }

    /// Ends the connection, whatever is done with it; whether it is gone then.
    pub(crate) async fn end_from_outside(&self) -> bool {
        let ended = self.end(Duration::ZERO).await;
        if let Err(why) = &ended {
            not_cut(why);
        }
        ended.is_ok()
    }

    /// A verdict that leaves open what became of the transaction, once the database was asked.
    pub(crate) async fn settled(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        let verdict = self.gate.witness().read(verdict);
        let Some(outside) = self.outside.get().filter(|_| Fate::is_open(&verdict)) else {
            return verdict;
        };
        let asking = DB::settle(outside, &self.options, verdict.clone());
        match tokio::time::timeout(CUTTING, asking).await {
            Ok(settled) => settled,
            Err(_) => {
                Fate::Unknown(format!("asking takes longer than {CUTTING:?}")).settles(verdict)
            }
        }
    }

    async fn end(&self, closing: Duration) -> Result<Ended, String> {
        let Some(outside) = self.outside.get() else {
            return Ok(Ended::Before);
        };
        let ending = DB::end_from_outside(outside, &self.options, closing);
        tokio::time::timeout(CUTTING, ending)
            .await
            .unwrap_or_else(|_| Err(format!("that takes longer than {CUTTING:?}")))
    }
}
