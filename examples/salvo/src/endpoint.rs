//! The endpoint as one of salvo's routes, by salvo's `tower-compat`.

use salvo::Router;
use salvo::http::ReqBody;
use salvo::prelude::TowerServiceCompat;
use smoke_tower::SmokeService;

/// The route, which costs other requests nothing.
pub(crate) fn route(smoke_tests: SmokeService) -> Router {
    let prefix = smoke_tests.prefix_path().to_owned();
    let path = format!("{}/{{**rest}}", prefix.trim_start_matches('/'));
    // To salvo's paths, `//smoketest` would be the same. It is the application's.
    Router::with_filter_fn(move |request, _| request.uri().path().starts_with(&prefix))
        .path(path)
        .goal(TowerServiceCompat::<ReqBody, _, _, _>::compat(smoke_tests))
}
