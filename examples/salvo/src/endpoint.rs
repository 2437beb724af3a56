//! The endpoint on a salvo application, by salvo's `tower-compat`.

use salvo::http::ReqBody;
use salvo::prelude::*;
use smoke_tower::SmokeService;

/// The routes with the endpoint before them. No handler sees the header of other services' smoke
/// tests: it is taken off each request, and where it is signed its extension says so. The endpoint
/// finds the peer's address in the extensions.
pub(crate) fn with_smoke_tests(routes: Router, smoke_tests: SmokeService) -> Router {
    Router::new()
        .hoop(Receive(smoke_tests.clone()))
        .push(route(smoke_tests))
        .push(routes)
}

fn route(smoke_tests: SmokeService) -> Router {
    let prefix = smoke_tests.prefix_path().to_owned();
    let path = format!("{}/{{**rest}}", prefix.trim_start_matches('/'));
    // To salvo's paths, `//smoketest` would be the same. It is the application's.
    Router::with_filter_fn(move |request, _| request.uri().path().starts_with(&prefix))
        .path(path)
        .goal(TowerServiceCompat::<ReqBody, _, _, _>::compat(smoke_tests))
}

struct Receive(SmokeService);

#[handler]
impl Receive {
    async fn handle(&self, request: &mut Request) {
        if let Some(peer) = request.remote_addr().clone().into_std() {
            request.extensions_mut().insert(peer);
        }
        if let Some(called) = self.0.receive(request.headers_mut()) {
            request.extensions_mut().insert(called);
        }
    }
}
