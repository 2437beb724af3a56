//! The end of a run before its time, at somebody's wish.

use std::sync::{Arc, OnceLock};

/// Ends a run early: tests that run go on to their end, and the others do not start.
///
/// It is given to the run by [`Ask::halted_by`](crate::Ask::halted_by). Clones are handles on the
/// same halt. To end a run at once, use [`Runner::shutdown`](crate::Runner::shutdown).
///
/// # Examples
///
/// ```
/// use smoke_core::{Ask, Halt, Registry, Runner, Selection, Test};
///
/// # #[tokio::main]
/// # async fn main() {
/// let halt = Halt::new();
/// let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
/// let ask = Ask::new(Selection::fast()).halted_by(&halt);
/// halt.call("stopped by an operator");
///
/// let report = runner.ask(ask).await.report;
/// assert!(!report.verdict().is_pass());
/// assert_eq!(report.reasons, ["stopped by an operator"]);
/// assert_eq!(report.counts().skipped, 1);
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<OnceLock<String>>);

impl Halt {
    /// A halt that nobody has called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has no more tests start, and makes the run a FAIL with that reason. The first reason counts.
    pub fn call(&self, reason: impl Into<String>) {
        let _ = self.0.set(reason.into());
    }

    /// The reason, if the halt has been called.
    pub(super) fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
