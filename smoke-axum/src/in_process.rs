//! What a server would have made of a request.

use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use smoke_tower::Arrival;
use smoke_tower::smoke_core::AppBody;
use tower_service::Service;

use crate::connect_info;

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
        let mut request = request.map(Body::new);
        let peer = Arrival::settle(request.extensions_mut());
        connect_info::put(peer, &mut request);
        self.0.call(request)
    }
}
