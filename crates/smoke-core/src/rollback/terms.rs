//! What a sandbox is opened with.

use std::sync::Arc;
use std::time::Duration;

/// What the statement that begins a sandbox's transaction has to say.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The name of the guard savepoint.
    pub guard: String,
    /// The name of the test.
    pub test: Arc<str>,
    /// How long the transaction may be held.
    pub limit: Duration,
    /// Whether the sandbox may write.
    pub writes: bool,
    /// Who the application connects as, where that is known: a sandbox of another user is told of.
    pub application_user: Option<Arc<str>>,
}
