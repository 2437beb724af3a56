//! What a test, a tear-down or a finisher may return.

use super::{Error, Result};

/// A return type of a test: `()`, or a `Result` whose error becomes an [`Error`].
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot return `{Self}`",
    label = "return `()` or `Result<(), E>`",
    note = "`E` is `smoke_core::Error`, `anyhow::Error`, `Box<dyn Error + Send + Sync>` or an error type of your own"
)]
pub trait IntoOutcome {
    /// The outcome as the runner reads it.
    ///
    /// # Errors
    ///
    /// When the value is an error.
    fn into_outcome(self) -> Result;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Result {
        Ok(())
    }
}

impl<E: Into<Error>> IntoOutcome for Result<(), E> {
    #[track_caller]
    fn into_outcome(self) -> Result {
        self.map_err(Into::into)
    }
}
