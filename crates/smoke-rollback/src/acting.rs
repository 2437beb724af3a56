//! Telling the session's own check-outs from those of the application and the test.

use std::future::Future;

tokio::task_local! {
    static SESSION: ();
}

/// Does something as the session: its check-outs are neither counted nor checked.
pub fn as_session<F: Future>(work: F) -> impl Future<Output = F::Output> {
    SESSION.scope((), work)
}

/// The same, of something that blocks.
pub fn in_session<T>(work: impl FnOnce() -> T) -> T {
    SESSION.sync_scope((), work)
}

/// Whether this is done as the session.
#[must_use]
pub fn is_session() -> bool {
    SESSION.try_with(|()| ()).is_ok()
}
