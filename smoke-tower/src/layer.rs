use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use smoke_core::{Endpoint, PrefixError, Runner};
use tower_layer::Layer;

use crate::Smoke;

/// Answers `GET /smoketest/` in front of a service, and passes everything else through untouched.
///
/// The one thing that it takes off them is the header
/// [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER), whoever sends it: no handler has to
/// fear a forged one. Where another service has signed it, the handler sees
/// [`CalledBySmokeTest`](crate::CalledBySmokeTest).
///
/// Nothing is started or logged when the layer is applied: a router applies it once a route. A
/// runner looks at its registry when it is made.
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
    /// The layer of a runner, or of a registry that needs no runner elsewhere.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::new(runner)),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is no path of at least one plain segment: `/smoketest`, `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let endpoint = Arc::unwrap_or_clone(self.endpoint).prefix(prefix)?;
        Ok(Self {
            endpoint: Arc::new(endpoint),
        })
    }

    /// Says where the server puts the address of the peer: as a `SocketAddr` into the request's
    /// extensions, unless said otherwise.
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

    /// Gives the requests of tests an extension that the server puts beside requests, as the one has
    /// it that asks for the run: tests see what users get, also where the server forgets it.
    ///
    /// Not for what a middleware puts there: it does so for tests too.
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
