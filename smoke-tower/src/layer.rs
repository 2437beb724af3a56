use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use smoke_core::{Endpoint, PrefixError, Runner};
use tower_layer::Layer;

use crate::Smoke;

/// Answers `GET /smoketest/` in front of a service, and passes everything else through untouched.
///
/// It removes only the header [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER) from them,
/// whoever sends it, so that no handler sees a forged one. If a known service has signed the header,
/// the handler sees [`CalledBySmokeTest`](crate::CalledBySmokeTest).
///
/// Applying the layer starts and logs nothing, because a router applies it once for each route. The
/// runner checks its registry when it is made.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use smoke_tower::{Registry, SmokeLayer, Test};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
/// let service = ServiceBuilder::new()
///     .layer(SmokeLayer::new(registry).prefix("/internal/smoke")?)
///     .service(service_fn(async |_: Request<Full<Bytes>>| {
///         Ok::<_, std::convert::Infallible>(Response::new(Full::from("the shop")))
///     }));
///
/// let request = Request::get("/internal/smoke/").body(Full::default())?;
/// let body = service.oneshot(request).await?.into_body().collect().await?.to_bytes();
/// assert!(body.starts_with(b"PASS\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SmokeLayer {
    endpoint: Arc<Endpoint>,
}

impl SmokeLayer {
    /// The layer of a runner. Takes a registry too, if its runner is needed nowhere else.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::new(runner)),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is not a path of at least one plain segment, such as `/smoketest` or
    /// `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let endpoint = Arc::unwrap_or_clone(self.endpoint).prefix(prefix)?;
        Ok(Self {
            endpoint: Arc::new(endpoint),
        })
    }

    /// Sets how to read the peer's address from a request's extensions. Without this, it is a
    /// `SocketAddr` there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use smoke_tower::{Registry, SmokeLayer, Test};
    ///
    /// #[derive(Clone)]
    /// struct Connected { from: SocketAddr, secure: bool }
    ///
    /// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    /// let layer = SmokeLayer::new(registry)
    ///     .peer(|extensions| Some(extensions.get::<Connected>()?.from))
    ///     .mirror::<Connected>();
    /// ```
    pub fn peer(self, of: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.with(|endpoint| endpoint.peer(of))
    }

    /// Copies an extension that the server adds to requests, from the request that asks for the run to
    /// the requests of its tests. So tests see what users get, even if the server lacks it.
    ///
    /// Extensions that a middleware adds need no copy: it adds them to tests' requests too.
    pub fn mirror<T: Clone + Send + Sync + 'static>(self) -> Self {
        self.with(Endpoint::mirror::<T>)
    }

    fn with(self, change: impl FnOnce(Endpoint) -> Endpoint) -> Self {
        Self {
            endpoint: Arc::new(change(Arc::unwrap_or_clone(self.endpoint))),
        }
    }
}

impl<S> Layer<S> for SmokeLayer {
    type Service = Smoke<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Smoke::new(inner, Arc::clone(&self.endpoint))
    }
}
