use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use smoke_tower::smoke_core::{Factory, Fallible};
use smoke_tower::{AppFactory, Error, ServiceApp};
use tower_service::Service;

use crate::in_process::InProcess;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes the factory of the application under test from a function of fixtures that returns a
/// [`Router`].
///
/// The function may be async. Use [`try_app`] for a function that returns a `Result`. Its arguments are
/// fixtures of the test for which the application is built. A request goes through the whole router,
/// with its middleware, state, extractors and fallback. [`AppFactory::header`] sets headers that every
/// request needs.
///
/// A request arrives as the request did that asked for the run. With the feature `tokio` it has
/// `ConnectInfo<SocketAddr>` if that one had it, and none if the server was started without
/// `into_make_service_with_connect_info`. If no request asked for the run, it has the peer of the last
/// request through the layer, and before the first one 127.0.0.1:0. A test sets another peer with
/// [`RequestBuilder::extension`](crate::smoke_core::RequestBuilder::extension).
/// [`SmokeLayer::mirror`](crate::SmokeLayer::mirror) names other extensions to copy.
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

/// [`app`] for a function, plain or async, that can fail. Its `?` accepts every error.
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

/// [`app`] for a router with a layer around it, or for another service with a router's responses.
///
/// If the function is async, name what it returns: `service_app::<_, Routes>(..)`. Use
/// [`try_service_app`] for a function that returns a `Result`.
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

/// [`service_app`] for a function, plain or async, that can fail. Its `?` accepts every error.
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
