//! What a sandbox is opened with.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

/// What a dialect has to know to begin the transaction of a sandbox.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Terms {
    /// A name that no other sandbox's transaction has. It is a valid SQL identifier.
    pub mark: String,
    /// The name of the test.
    pub test: Arc<str>,
    /// How long the transaction may be held.
    pub limit: Duration,
    /// Whether the sandbox may write.
    pub writes: bool,
    /// Who the application connects as, where that is known: a sandbox of another user is told of.
    pub application_user: Option<Arc<str>>,
}

impl Terms {
    /// The terms of a sandbox that may write and may be held for that long.
    #[must_use]
    pub fn new(test: impl Into<Arc<str>>, limit: Duration) -> Self {
        let mut nonce = Uuid::new_v4().simple().to_string();
        nonce.truncate(16);
        Self {
            mark: format!("smoke_{nonce}"),
            test: test.into(),
            limit,
            writes: true,
            application_user: None,
        }
    }
}
