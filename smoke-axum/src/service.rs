use std::task::{Context, Poll};

use axum::http::Request;
use axum::response::Response;
use tower_service::Service;

use crate::ResponseFuture;

/// Routes behind a [`SmokeLayer`](crate::SmokeLayer).
///
/// Its responses have axum's own type, so that [`axum::serve`] takes it and a body that passes
/// through is not boxed again.
///
/// [`axum::serve`]: https://docs.rs/axum/0.8/axum/fn.serve.html
#[derive(Clone, Debug)]
pub struct Smoke<S> {
    service: smoke_tower::Smoke<S>,
}

impl<S> Smoke<S> {
    pub(crate) fn new(service: smoke_tower::Smoke<S>) -> Self {
        Self { service }
    }

    /// The service behind the layer.
    pub fn get_ref(&self) -> &S {
        self.service.get_ref()
    }

    /// The service behind the layer.
    pub fn get_mut(&mut self) -> &mut S {
        self.service.get_mut()
    }

    /// Takes the layer off.
    pub fn into_inner(self) -> S {
        self.service.into_inner()
    }
}

impl<S, B> Service<Request<B>> for Smoke<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture::new(self.service.call(request))
    }
}
