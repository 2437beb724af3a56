//! What a thread is for, and what is caught there.

use std::any::Any;
use std::cell::Cell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic carries: a message, or a value of the user's.
pub(crate) type Payload = Box<dyn Any + Send>;

thread_local! {
    /// Whether only smoke tests run on this thread.
    static OURS: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread keeps the time of runs.
    static COORDINATES: Cell<bool> = const { Cell::new(false) };
}

/// Says that only smoke tests run on this thread: its panics are not the application's, and its
/// panic hook is not called for them.
///
/// The runner's own threads say so themselves. For what starts threads beside them: an adapter
/// whose applications need one of their own, a library that connects on threads of its own.
pub fn only_smoke_tests_run_here() {
    OURS.set(true);
}

/// Says the same of this thread for as long as `body` runs: it belongs to the application. Allocates
/// nothing. `body` does not panic.
pub(crate) fn only_smoke_tests_run_within<T>(body: impl FnOnce() -> T) -> T {
    let before = OURS.replace(true);
    let value = body();
    OURS.set(before);
    value
}

/// Whether only smoke tests run on this thread.
pub(crate) fn is_ours() -> bool {
    OURS.try_with(Cell::get).unwrap_or(false)
}

/// Says that this thread keeps the time of runs: nothing of the user's is dropped on it.
pub(crate) fn nothing_of_theirs_runs_here() {
    COORDINATES.set(true);
}

/// Whether this thread keeps the time of runs.
pub(crate) fn keeps_time() -> bool {
    COORDINATES.try_with(Cell::get).unwrap_or(false)
}

/// Drops the payload of a panic, which may be a value of the user's.
pub(crate) fn discard(payload: Payload) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // That could go on like this for ever.
        mem::forget(again);
    }
}
