use axum::Router;
use smoke_tower::{PrefixError, Runner, SmokeService};

use crate::connect_info;

/// Routes that answer `GET /smoketest/`. Merge or nest them anywhere.
///
/// Nested under `/internal`, the endpoint is at `/internal/smoketest/`. These routes also answer
/// unknown paths under the prefix, before any fallback.
///
/// The application's other requests do not pass through these routes. So only
/// [`SmokeLayer`](crate::SmokeLayer) recognises the calls of other services' smoke tests.
///
/// Without other routes, they serve a port that only operators reach:
/// `axum::serve(listener, routes(&runner))`. Then put a [`SmokeLayer`](crate::SmokeLayer) of the same
/// runner around the application. It sees whether users' requests have `ConnectInfo`, and the requests
/// of tests get the same.
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

/// [`routes`] under another prefix than `/smoketest`.
///
/// # Errors
///
/// When the prefix is not a path of at least one plain segment, such as `/smoketest` or
/// `/internal/smoke`.
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
