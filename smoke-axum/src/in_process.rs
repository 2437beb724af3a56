//! What a server would have made of a request.

use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use smoke_tower::AppBody;
use tower_service::Service;

/// Routes that get requests from this process as they would from a server.
#[derive(Clone)]
pub(crate) struct InProcess<S>(S);

impl<S> InProcess<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S> Service<axum::http::Request<AppBody>> for InProcess<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: axum::http::Request<AppBody>) -> Self::Future {
        let request = request.map(Body::new);
        #[cfg(feature = "tokio")]
        let request = with_peer(request);
        self.0.call(request)
    }
}

/// The extension that `into_make_service_with_connect_info` would have put there.
#[cfg(feature = "tokio")]
fn with_peer(mut request: Request) -> Request {
    use std::net::{Ipv4Addr, SocketAddr};

    use axum::extract::ConnectInfo;

    let extensions = request.extensions_mut();
    if extensions.get::<ConnectInfo<SocketAddr>>().is_none() {
        // A live server says who the peer is.
        let peer = extensions.get::<SocketAddr>().copied();
        let peer = peer.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        extensions.insert(ConnectInfo(peer));
    }
    request
}
