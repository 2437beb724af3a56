//! Calls that hold a thread for as long as somebody else likes: a name server, a mount.

use smoke_core::{Error, Result};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Such a call cannot be ended, and who waits for it gives up. So many may hang at once, in the whole process: the
/// threads are those that sandboxes need, too.
static PLACES: Semaphore = Semaphore::const_new(8);

/// What a call returns that may hang. Whoever calls this sets a limit: it waits for a place, and for the call.
///
/// # Errors
///
/// When the call panics, or the runtime ends.
pub(crate) async fn outside<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let place = PLACES.acquire().await?;
    let calling = spawn_blocking(move || {
        // Also where nobody waits any more.
        let _place = place;
        call()
    });
    calling.await.map_err(Error::from)
}
