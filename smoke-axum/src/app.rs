use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use smoke_tower::smoke_core::{Factory, Fallible};
use smoke_tower::{AppFactory, Error, ServiceApp};
use tower_service::Service;

use crate::in_process::InProcess;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes a function of fixtures that returns a [`Router`] the factory of the application under
/// test.
///
/// The function may be async; for one that returns a `Result` there is [`try_app`]. Its arguments are
/// fixtures of the test for which the application is built. A request goes through the whole router:
/// middleware, state, extractors and fallback are at work. Headers that every request needs are set
/// with [`AppFactory::header`].
///
/// A request arrives as the one did that asked for the run: with the feature `tokio` it has
/// `ConnectInfo<SocketAddr>` where that one had it, and none where the server was started without
/// `into_make_service_with_connect_info`. In a run that no request has asked for, it is that of the
/// last request through the layer, and before any 127.0.0.1:0. A test says otherwise with
/// [`RequestBuilder::extension`](crate::smoke_core::RequestBuilder::extension), and
/// [`SmokeLayer::mirror`](crate::SmokeLayer::mirror) names what else the server puts beside requests.
///
/// # Examples
///
/// ```
/// use axum::extract::State;
/// use axum::{Router, routing::get};
/// use smoke_axum::{Client, Provided, Registry, Result, Runner, Selection, Test};
///
/// #[derive(Clone)]
/// struct Config { greeting: String }
///
/// fn router(config: Config) -> Router {
///     Router::new()
///         .route("/", get(async |State(config): State<Config>| config.greeting))
///         .with_state(config)
/// }
///
/// async fn greets(client: Client) -> Result {
///     client.get("/").send().await?.ensure_status(200)?;
///     Ok(())
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let registry = Registry::new()
///     .provide(Config { greeting: "hello".to_owned() })
///     .app(smoke_axum::app(|config: Provided<Config>| router(Config::clone(&config))))
///     .test(Test::new("shop::greets", greets));
/// let report = Runner::new(registry).run(Selection::fast()).await;
/// assert!(report.verdict().is_pass(), "{report:#?}");
/// # }
/// ```
pub fn app<Marker: 'static>(factory: impl Factory<Marker, Router>) -> AppFactory {
    AppFactory::new(factory, |router| ServiceApp::new(InProcess::new(router)))
}

/// [`app`] for a function, plain or async, that can fail: `?` takes every error in it.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use smoke_axum::{Provided, Registry};
///
/// struct Config { greeting: std::path::PathBuf }
///
/// let registry = Registry::new().app(smoke_axum::try_app(async |config: Provided<Config>| {
///     let greeting = std::fs::read_to_string(&config.greeting)?;
///     Ok(Router::new().route("/", get(async move || greeting)))
/// }));
/// ```
pub fn try_app<Manner, Args>(
    factory: impl Factory<(Manner, Fallible, Args, Error), Router>,
) -> AppFactory
where
    Manner: 'static,
    Args: 'static,
{
    app(factory)
}

/// The same as [`app`] for a router with a layer around it, or another service that answers as
/// routers do.
///
/// A function that is async names what it builds: `service_app::<_, Routes>(..)`. For one that
/// returns a `Result` there is [`try_service_app`].
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use smoke_axum::Registry;
/// use tower::{Layer, util::MapRequestLayer};
///
/// let registry = Registry::new().app(smoke_axum::service_app(|| {
///     let router = Router::new().route("/", get(async || "the shop"));
///     MapRequestLayer::new(|request: axum::extract::Request| request).layer(router)
/// }));
/// ```
pub fn service_app<Marker, S>(factory: impl Factory<Marker, S>) -> AppFactory
where
    Marker: 'static,
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    AppFactory::new(factory, |service| ServiceApp::new(InProcess::new(service)))
}

/// [`service_app`] for a function, plain or async, that can fail: `?` takes every error in it.
pub fn try_service_app<Manner, Args, S>(
    factory: impl Factory<(Manner, Fallible, Args, Error), S>,
) -> AppFactory
where
    Manner: 'static,
    Args: 'static,
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    service_app(factory)
}
