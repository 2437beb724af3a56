use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use smoke_core::Endpoint;

use super::{ResponseBody, ResponseFuture};

/// An application behind [`Smoke`](crate::Smoke).
#[derive(Debug)]
pub struct SmokeMiddleware<S> {
    inner: S,
    endpoint: Arc<Endpoint>,
}

impl<S> SmokeMiddleware<S> {
    pub(crate) fn new(inner: S, endpoint: Arc<Endpoint>) -> Self {
        Self { inner, endpoint }
    }
}

impl<S, B> Service<ServiceRequest> for SmokeMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.endpoint.route(request.path()) {
            None => ResponseFuture::inner(self.inner.call(request)),
            Some(route) => ResponseFuture::ours(Arc::clone(&self.endpoint), route, request),
        }
    }
}
