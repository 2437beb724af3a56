//! The endpoint on a poem application, by poem's `tower-compat`.

use poem::endpoint::TowerCompatExt as _;
use poem::{Endpoint, EndpointExt as _, IntoEndpoint, Request, Route};
use smoke_tower::SmokeService;

/// The routes with the endpoint beside them. No handler sees the header of other services' smoke
/// tests: it is taken off each request, and where it is signed its extension says so. The endpoint
/// finds the peer's address in the extensions.
pub(crate) fn with_smoke_tests(
    routes: impl IntoEndpoint<Endpoint: 'static>,
    smoke_tests: SmokeService,
) -> impl Endpoint {
    Route::new()
        .nest_no_strip(smoke_tests.prefix_path(), smoke_tests.clone().compat())
        .nest_no_strip("/", routes)
        .before(move |mut request: Request| {
            if let Some(peer) = request.remote_addr().as_socket_addr().copied() {
                request.extensions_mut().insert(peer);
            }
            if let Some(called) = smoke_tests.receive(request.headers_mut()) {
                request.extensions_mut().insert(called);
            }
            async { Ok(request) }
        })
}
