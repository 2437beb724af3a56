//! Work that needs a runtime of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::runtime::Handle;

/// Does the work outside of any runtime, where another one can be started: on this thread if it is outside, else on
/// a new one. An error where the work panicked.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> thread::Result<T> {
    if Handle::try_current().is_ok() {
        return thread::scope(|scope| scope.spawn(work).join());
    }
    catch_unwind(AssertUnwindSafe(work))
}
