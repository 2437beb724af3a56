//! How application code knows a smoke test's request.

use std::fmt;
use std::sync::Arc;

/// In the extensions of every request of a smoke test to the application under test.
///
/// It cannot be made outside this crate and does not come from the network, so application code
/// may rely on it: not to mail, charge or count. Never weaken a security check by it: a smoke
/// test shows what users get only where it is treated as they are.
///
/// What another service sends for a smoke test of its own carries
/// [`CalledBySmokeTest`](crate::CalledBySmokeTest) instead, and is in no sandbox.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use smoke_core::SmokeRequest;
///
/// fn may_send_mail<B>(request: &Request<B>) -> bool {
///     request.extensions().get::<SmokeRequest>().is_none()
/// }
/// # assert!(may_send_mail(&Request::new(())));
/// ```
#[derive(Clone)]
pub struct SmokeRequest {
    test: Arc<str>,
    run: Arc<str>,
}

impl SmokeRequest {
    pub(crate) fn new(test: Arc<str>, run: Arc<str>) -> Self {
        Self { test, run }
    }

    /// The full name of the test.
    #[must_use]
    pub fn test(&self) -> &str {
        &self.test
    }

    /// The identifier of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }
}

impl fmt::Debug for SmokeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmokeRequest({} in run {})", self.test, self.run)
    }
}
