use axum::Router;
use smoke_tower::{PrefixError, Runner, SmokeService};

use crate::connect_info;

/// Routes that answer `GET /smoketest/`, to be merged or nested anywhere.
///
/// Nested under `/internal`, the endpoint is at `/internal/smoketest/`. Paths under the prefix
/// that do not exist are answered here too, before any fallback.
///
/// The application's other requests do not pass through here: the calls of other services' smoke
/// tests are told from others by [`SmokeLayer`](crate::SmokeLayer) alone.
///
/// Alone, these routes serve a port that only operators reach:
/// `axum::serve(listener, routes(&runner))`. Have a [`SmokeLayer`](crate::SmokeLayer) of the same
/// runner around the application then: it sees whether users' requests come with `ConnectInfo`, and
/// tests' requests do as these.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use smoke_axum::{Registry, Runner, Test, routes};
///
/// let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
/// let app: Router = Router::new()
///     .route("/", get(async || "the shop"))
///     .nest("/internal", routes(&runner));
/// ```
pub fn routes<S>(runner: impl Into<Runner>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    mount(SmokeService::new(runner))
}

/// The same as [`routes`] under another prefix than `/smoketest`.
///
/// # Errors
///
/// When the prefix is no path of at least one plain segment: `/smoketest`, `/internal/smoke`.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use smoke_axum::{Registry, Test, routes_at};
///
/// # fn main() -> Result<(), smoke_axum::PrefixError> {
/// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
/// let app: Router = Router::new()
///     .route("/", get(async || "the shop"))
///     .merge(routes_at("/internal/smoke", registry)?);
/// # Ok(())
/// # }
/// ```
pub fn routes_at<S>(prefix: &str, runner: impl Into<Runner>) -> Result<Router<S>, PrefixError>
where
    S: Clone + Send + Sync + 'static,
{
    Ok(mount(SmokeService::new(runner).prefix(prefix)?))
}

fn mount<S>(service: SmokeService) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let service = service.among_routes(connect_info::peer);
    let prefix = service.prefix_path().to_owned();
    let paths = [
        prefix.clone(),
        format!("{prefix}/"),
        format!("{prefix}/{{*rest}}"),
    ];
    paths.iter().fold(Router::new(), |routes, path| {
        routes.route_service(path, service.clone())
    })
}
