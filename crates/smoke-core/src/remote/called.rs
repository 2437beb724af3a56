//! What a handler sees of another service's smoke test.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;

use super::{Origin, SigningKey, sign};
use crate::SmokeRequest;

/// Marks a request that another service sent for one of its smoke tests. It is in the request's
/// extensions.
///
/// The layer replaces the header [`SmokeRequest::HEADER`] by it, if the header was signed within the
/// last 60 seconds with a [signing key](crate::Registry::signing_key) of this service. Unlike
/// [`SmokeRequest`], it promises no sandbox: **what this request writes is not rolled back.** It lets
/// a service leave out what a smoke test must not do: mail, charge, count.
///
/// Never weaken a security check by it. Anyone who receives the header, or reads it on its way, can
/// send it again to any path until it expires.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use smoke_core::{CalledBySmokeTest, SmokeRequest};
///
/// fn may_send_mail<B>(request: &Request<B>) -> bool {
///     let extensions = request.extensions();
///     extensions.get::<SmokeRequest>().is_none() && extensions.get::<CalledBySmokeTest>().is_none()
/// }
/// # assert!(may_send_mail(&Request::new(())));
/// ```
#[derive(Clone)]
pub struct CalledBySmokeTest(Arc<Origin>);

impl CalledBySmokeTest {
    pub(crate) fn new(origin: Origin) -> Self {
        Self(Arc::new(origin))
    }

    /// The full name of the other service's test.
    #[must_use]
    pub fn test(&self) -> &str {
        &self.0.test
    }

    /// The identifier of the other service's run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.0.run
    }

    /// The value of [`SmokeRequest::HEADER`] for a call from this service to the next one, on behalf
    /// of the same test.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> HeaderValue {
        sign(key, self.test(), self.run(), SystemTime::now())
    }
}

impl SmokeRequest {
    /// The header that tells another service that it is called by a smoke test.
    ///
    /// The layer removes it from every request, whatever it says.
    pub const HEADER: &str = "x-smoke-request";

    /// The value of [`HEADER`](Self::HEADER) for a call to another service: the test's name, the run's
    /// identifier and the time, signed (HMAC-SHA256). It is valid for 60 seconds.
    ///
    /// The other service has the key in its [`Registry`](crate::Registry::signing_key), and its layer
    /// turns the header into [`CalledBySmokeTest`]. A header that is unsigned, changed or expired is
    /// logged and removed, and the request is handled like any other.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use smoke_core::{SigningKey, SmokeRequest};
    ///
    /// /// The request to the service that sends mails, on behalf of a request to this one.
    /// fn order<B>(request: &Request<B>, key: &SigningKey) -> http::Result<Request<String>> {
    ///     let mut order = Request::post("http://mail.internal/send");
    ///     if let Some(smoke) = request.extensions().get::<SmokeRequest>() {
    ///         order = order.header(SmokeRequest::HEADER, smoke.sign(key));
    ///     }
    ///     order.body("thank you".to_owned())
    /// }
    /// # let key = SigningKey::new([7; 32]).unwrap();
    /// # assert!(order(&Request::new(()), &key).unwrap().headers().is_empty());
    /// ```
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> HeaderValue {
        sign(key, self.test(), self.run(), SystemTime::now())
    }
}

impl fmt::Debug for CalledBySmokeTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CalledBySmokeTest({} in run {})",
            self.test(),
            self.run()
        )
    }
}
