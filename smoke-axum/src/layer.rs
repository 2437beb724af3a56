use smoke_tower::{PrefixError, Runner};
use tower_layer::Layer;

use crate::{Smoke, connect_info};

/// Answers `GET /smoketest/` in front of routes, and passes everything else through untouched.
///
/// Add it as the last call of [`Router::layer`](axum::Router::layer), or around a whole router. The
/// [crate's documentation](crate#where-the-layer-stands) says where it is not reached.
///
/// It removes only the header [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER) from them,
/// whoever sends it, so that no handler sees a forged one. If a known service has signed the header,
/// the handler sees [`CalledBySmokeTest`](crate::CalledBySmokeTest), for example as `axum::Extension`.
///
/// Applying the layer starts and logs nothing, because a router applies it once for each route. The
/// runner checks its registry when it is made.
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
/// Around the router, where nothing in the router can get in its way:
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
    /// The layer of a runner. Takes a registry too, if its runner is needed nowhere else.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            layer: smoke_tower::SmokeLayer::new(runner).peer(connect_info::peer),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is not a path of at least one plain segment, such as `/smoketest` or
    /// `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let layer = self.layer.prefix(prefix)?;
        Ok(Self { layer })
    }

    /// Copies an extension that the server adds to requests, from the request that asks for the run to
    /// the requests of its tests. So tests see what users get, even if the server lacks it.
    ///
    /// `ConnectInfo<SocketAddr>` is copied without this. Extensions that a middleware adds need no
    /// copy: it adds them to tests' requests too.
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
