use std::sync::Arc;

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use smoke_core::{Endpoint, PrefixError, Route, Runner};

use crate::answer::{Answer, answering, response};

/// Routes that answer `GET /smoketest/`, for [`App::configure`](actix_web::App::configure) and
/// [`Scope::configure`](actix_web::Scope::configure).
///
/// In the scope `/internal`, the endpoint is at `/internal/smoketest/`. These routes also answer
/// unknown paths under the prefix. actix-web takes the first route that matches, so configure these
/// before a route like `/{page}`.
///
/// The application's other requests do not pass through these routes. So only
/// [`Smoke`](crate::Smoke) recognises the calls of other services' smoke tests.
///
/// Without other routes, they serve a port that only operators reach.
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use smoke_actix::{Registry, Runner, Test, routes};
///
/// let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
/// let app = move || {
///     App::new()
///         .service(web::scope("/internal").configure(routes(&runner)))
///         .route("/{page}", web::get().to(async || "the shop"))
/// };
/// # app();
/// ```
pub fn routes(runner: &Runner) -> impl FnOnce(&mut ServiceConfig) + Clone + Send + use<> {
    mount(Endpoint::new(runner))
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
/// use actix_web::App;
/// use smoke_actix::{Registry, Runner, Test, routes_at};
///
/// # fn main() -> Result<(), smoke_actix::PrefixError> {
/// let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
/// let routes = routes_at("/internal/smoke", &runner)?;
/// let app = move || App::new().configure(routes.clone());
/// # app();
/// # Ok(())
/// # }
/// ```
pub fn routes_at(
    prefix: &str,
    runner: &Runner,
) -> Result<impl FnOnce(&mut ServiceConfig) + Clone + Send + use<>, PrefixError> {
    Ok(mount(Endpoint::new(runner).prefix(prefix)?))
}

fn mount(endpoint: Endpoint) -> impl FnOnce(&mut ServiceConfig) + Clone + Send + use<> {
    let endpoint = Arc::new(endpoint.among_routes());
    move |config| {
        let scope = web::scope(endpoint.prefix_path());
        config.service(scope.default_service(web::to(
            move |request: HttpRequest, body: Payload| {
                let endpoint = Arc::clone(&endpoint);
                async move { handle(endpoint, &request, body).await }
            },
        )));
    }
}

async fn handle(
    endpoint: Arc<Endpoint>,
    request: &HttpRequest,
    body: Payload,
) -> HttpResponse<Answer> {
    // What follows the scope; what is before it may be a path of the application's.
    let rest = request.match_info().unprocessed();
    let path = format!("{}{rest}", endpoint.prefix_path());
    let route = endpoint.route(&path).unwrap_or(Route::Unknown);
    let head = (request.head(), request.app_config());
    let answer = answering(endpoint, route, head, request, body.into_inner()).await;
    response(answer, |answer| answer)
}
