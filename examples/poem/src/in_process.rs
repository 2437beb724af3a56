//! A poem endpoint as a tower service. Poem's `tower-compat` goes the other way alone.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, EndpointExt as _, IntoEndpoint};
use smoke_tower::SyncBody;
use smoke_tower::smoke_core::AppBody;
use tower::{Service, service_fn};

type Body = http_body_util::combinators::BoxBody<bytes::Bytes, io::Error>;

/// Does with a request what poem's server does.
pub(crate) fn service<E>(
    endpoint: E,
) -> impl Service<Request<AppBody>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static
where
    E: IntoEndpoint<Endpoint: 'static>,
{
    let endpoint = Arc::new(endpoint.into_endpoint().map_to_response());
    service_fn(move |request: Request<AppBody>| {
        let endpoint = Arc::clone(&endpoint);
        let (head, body) = request.into_parts();
        let head = (
            head,
            LocalAddr::default(),
            RemoteAddr::default(),
            Scheme::HTTP,
        );
        let body = SyncBody::new(body).map_err(io::Error::other).boxed();
        let request = poem::Request::from_parts(head.into(), body.into());
        async move { Ok(endpoint.get_response(request).await.into()) }
    })
}
