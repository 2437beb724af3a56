use smoke_tower::{PrefixError, Runner};
use tower_layer::Layer;

use crate::{Smoke, connect_info};

/// Answers `GET /smoketest/` in front of routes, and passes everything else through untouched.
///
/// For [`Router::layer`](axum::Router::layer), as the last call, or around a whole router. Where
/// it does not help is told in the [crate's documentation](crate#where-the-layer-stands).
///
/// The one thing that it takes off them is the header
/// [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER), whoever sends it: no handler has to
/// fear a forged one. Where another service has signed it, the handler sees
/// [`CalledBySmokeTest`](crate::CalledBySmokeTest), in `axum::Extension` for one.
///
/// Nothing is started or logged when the layer is applied: a router applies it once a route. A
/// runner looks at its registry when it is made.
///
/// # Examples
///
/// As the last call:
///
/// ```
/// use axum::{Router, routing::get};
/// use smoke_axum::{Registry, SmokeLayer, Test};
///
/// # fn main() -> Result<(), smoke_axum::PrefixError> {
/// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
/// let app: Router = Router::new()
///     .route("/", get(async || "the shop"))
///     .fallback(async || "no such page")
///     .layer(SmokeLayer::new(registry).prefix("/internal/smoke")?);
/// # Ok(())
/// # }
/// ```
///
/// Around the router, where nothing that is added to the router can get in its way:
///
/// ```no_run
/// use axum::{Router, ServiceExt, extract::Request};
/// use smoke_axum::{Runner, SmokeLayer};
/// use tokio::net::TcpListener;
/// use tower::Layer;
///
/// async fn serve(listener: TcpListener, router: Router, runner: &Runner) -> std::io::Result<()> {
///     let app = SmokeLayer::new(runner).layer(router);
///     axum::serve(listener, ServiceExt::<Request>::into_make_service(app)).await
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SmokeLayer {
    layer: smoke_tower::SmokeLayer,
}

impl SmokeLayer {
    /// The layer of a runner, or of a registry that needs no runner elsewhere.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            layer: smoke_tower::SmokeLayer::new(runner).peer(connect_info::peer),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is no path of at least one plain segment: `/smoketest`, `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let layer = self.layer.prefix(prefix)?;
        Ok(Self { layer })
    }

    /// Gives the requests of tests an extension that the server puts beside requests, as the one has
    /// it that asks for the run: tests see what users get, also where the server forgets it.
    ///
    /// `ConnectInfo<SocketAddr>` needs no word. Not for what a middleware puts there: it does so for
    /// tests too.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::Router;
    /// use axum::extract::ConnectInfo;
    /// use smoke_axum::{Registry, SmokeLayer, Test};
    ///
    /// /// What the application has `into_make_service_with_connect_info` say of a connection.
    /// #[derive(Clone)]
    /// struct Till(u16);
    ///
    /// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    /// let layer = SmokeLayer::new(registry).mirror::<ConnectInfo<Till>>();
    /// let app: Router = Router::new().layer(layer);
    /// ```
    pub fn mirror<T: Clone + Send + Sync + 'static>(self) -> Self {
        let layer = self.layer.mirror::<T>();
        Self { layer }
    }
}

impl<S> Layer<S> for SmokeLayer {
    type Service = Smoke<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Smoke::new(self.layer.layer(inner))
    }
}
