use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`Smoke`](crate::Smoke).
    pub struct ResponseFuture<F> {
        #[pin]
        future: smoke_tower::ResponseFuture<F>,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(crate) fn new(future: smoke_tower::ResponseFuture<F>) -> Self {
        Self { future }
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = self.project().future.poll(cx);
        response.map_ok(|response| response.map(|body| body.into_inner().unwrap_or_else(Body::new)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
