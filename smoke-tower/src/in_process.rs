//! What a server would have made of a request.

use std::net::SocketAddr;
use std::task::{Context, Poll};

use http::Request;
use smoke_core::{AppBody, Arrival};
use tower_service::Service;

/// A service that gets requests from this process as they would come from a server.
#[derive(Clone)]
pub(crate) struct InProcess<S>(S);

impl<S> InProcess<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S> Service<Request<AppBody>> for InProcess<S>
where
    S: Service<Request<AppBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<AppBody>) -> Self::Future {
        let extensions = request.extensions_mut();
        if let Some(peer) = Arrival::settle(extensions)
            && extensions.get::<SocketAddr>().is_none()
        {
            extensions.insert(peer);
        }
        self.0.call(request)
    }
}
