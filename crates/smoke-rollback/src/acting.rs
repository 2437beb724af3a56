//! Telling the session's own check-outs from those of the application and the test.

use std::future::Future;

tokio::task_local! {
    static SESSION: ();
}

/// Runs a future as the session: [`check_out`](crate::check_out) neither counts nor proves its check-outs.
pub fn as_session<F: Future>(work: F) -> impl Future<Output = F::Output> {
    SESSION.scope((), work)
}

/// Runs a blocking function as the session, as [`as_session`] runs a future.
pub fn in_session<T>(work: impl FnOnce() -> T) -> T {
    SESSION.sync_scope((), work)
}

/// Whether the caller runs as the session.
#[must_use]
pub fn is_session() -> bool {
    SESSION.try_with(|()| ()).is_ok()
}
