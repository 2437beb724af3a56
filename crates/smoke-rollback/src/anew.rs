//! A kept connection that is of no use any more.

use std::future::Future;
use std::time::Instant;

use smoke_core::rollback::Berth;
use smoke_core::{Result, RollbackVerdict};

use crate::Link;
use crate::absent::OPENING;
use crate::moved::Moved;

/// Opens a sandbox on the connection that is kept for it, and on a new one where there is none.
///
/// A kept connection may be of no use any more: the server was restarted, or somebody has ended it.
/// Nobody was given anything then, and `open` is called once more, without one. A lock that stands
/// in the way stands there for a new connection, too.
///
/// # Errors
///
/// Those of `open`.
pub async fn kept_or_new<L, T, F>(berth: &Berth, open: impl Fn(Option<Moved<L>>) -> F) -> Result<T>
where
    L: Link,
    F: Future<Output = Result<T>>,
{
    let Some(moved) = berth.take::<Moved<L>>() else {
        return open(None).await;
    };
    let begun = Instant::now();
    let error = match open(Some(moved)).await {
        Ok(opened) => return Ok(opened),
        Err(error) => error,
    };
    let is_locked = matches!(
        error.downcast_ref::<RollbackVerdict>(),
        Some(RollbackVerdict::Contended { .. })
    );
    if is_locked || begun.elapsed() >= OPENING {
        return Err(error);
    }
    tracing::debug!(target: "smoke", "a kept connection is of no use any more ({error}); another one is made");
    open(None).await
}
