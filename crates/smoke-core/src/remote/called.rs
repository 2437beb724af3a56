//! What a handler sees of another service's smoke test.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;

use super::{Origin, SigningKey, sign};
use crate::SmokeRequest;

/// In the extensions of a request that another service sent for one of its smoke tests.
///
/// The layer puts it there in place of the header [`SmokeRequest::HEADER`], where a
/// [signing key](crate::Registry::signing_key) of this service has signed the header within the
/// last 60 seconds. Unlike [`SmokeRequest`], it says nothing of a sandbox: **what this request
/// writes is not rolled back.** It is for a service to leave out what a smoke test must not do:
/// mail, charge, count.
///
/// Never weaken a security check by it. Whoever is sent the header, or reads it on its way, can
/// send it again, to whatever path, until its time has passed.
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

    /// The value of [`SmokeRequest::HEADER`] with which this service calls the next one, on
    /// behalf of the same test.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> HeaderValue {
        sign(key, self.test(), self.run(), SystemTime::now())
    }
}

impl SmokeRequest {
    /// The header by which a service tells another that it calls for a smoke test.
    ///
    /// The layer takes it off every request, whatever it says.
    pub const HEADER: &str = "x-smoke-request";

    /// The value of [`HEADER`](Self::HEADER) for a call to another service: the names of the test
    /// and the run and the time, signed (HMAC-SHA256). It is valid for 60 seconds.
    ///
    /// The other service knows the key from its [`Registry`](crate::Registry::signing_key); its
    /// layer makes [`CalledBySmokeTest`] of the header. A header that is unsigned, was changed or
    /// has expired is logged and removed, and the request is handled as anybody's.
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
