//! The runtime on which the application lives.

use std::future::Future;
use std::panic::resume_unwind;

use smoke_core::{Error, Result};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The runtime on which a check was made.
///
/// What a production pool opens lives on the runtime that asked for it. On that of the tests it would stand
/// still with each test that stops its threads, and production with it.
#[derive(Clone, Debug)]
pub(crate) struct Home(Option<Handle>);

impl Home {
    pub(crate) fn here() -> Self {
        Self(Handle::try_current().ok())
    }

    /// The runtime.
    ///
    /// # Errors
    ///
    /// When there was none.
    pub(crate) fn runtime(&self) -> Result<&Handle> {
        self.0.as_ref().ok_or_else(|| {
            Error::msg(
                "this check was made outside of the application's runtime, on which its pool lives: make it inside, as in #[tokio::main]",
            )
        })
    }

    /// Does something there. It ends when nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// What it returns; when there is no runtime, or it has ended.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        using: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let task = self.runtime()?.spawn(using);
        let _given_up = GivenUp(task.abort_handle());
        match task.await {
            Ok(ended) => ended,
            Err(error) => match error.try_into_panic() {
                Ok(payload) => resume_unwind(payload),
                Err(_) => Err(Error::msg(
                    "the runtime on which the check was made has ended",
                )),
            },
        }
    }
}

/// Ends a task for which nobody waits any more: it leaves the pool's queue.
struct GivenUp(AbortHandle);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}
