//! How application code knows a smoke test's request.

use std::fmt;
use std::sync::Arc;

/// Marks a request of a smoke test. It is in the extensions of every request to the application
/// under test.
///
/// Only this crate can make it, and it never comes from the network. So application code may rely on
/// it to send no mail, charge no card and count no visit. Never weaken a security check by it: a
/// smoke test shows what users get only if it is treated as they are.
///
/// A request that another service sends for its own smoke test has
/// [`CalledBySmokeTest`](crate::CalledBySmokeTest) instead, and runs in no sandbox.
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
