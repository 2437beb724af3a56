use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use smoke_core::Endpoint;
use tower_service::Service;

use crate::{ResponseBody, ResponseFuture};

/// A service behind a [`SmokeLayer`](crate::SmokeLayer).
///
/// It is ready when the service behind it is. If that service takes no more requests, the request for
/// a verdict waits too. To get a verdict even then, put the layer in front of the limiting layer, or
/// serve a [`SmokeService`](crate::SmokeService) at a separate port.
#[derive(Clone, Debug)]
pub struct Smoke<S> {
    inner: S,
    endpoint: Arc<Endpoint>,
}

impl<S> Smoke<S> {
    pub(crate) fn new(inner: S, endpoint: Arc<Endpoint>) -> Self {
        Self { inner, endpoint }
    }

    /// The service behind the layer.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service behind the layer.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Takes the layer off.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Smoke<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.endpoint.route(request.uri().path()) {
            None => {
                self.endpoint.receive(&mut request);
                ResponseFuture::inner(self.inner.call(request))
            }
            Some(route) => {
                let (head, _) = request.into_parts();
                ResponseFuture::ours(Arc::clone(&self.endpoint), route, head)
            }
        }
    }
}
