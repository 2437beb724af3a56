use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use http::request::Parts;
use pin_project_lite::pin_project;
use smoke_core::{AnswerBody, Endpoint, Route};

use crate::ResponseBody;

/// An answer of the endpoint that is being made.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response<AnswerBody>> + Send>>;

#[cold]
pub(crate) fn answering(endpoint: Arc<Endpoint>, route: Route, head: Parts) -> Answering {
    Box::pin(async move { endpoint.answer(route, &head).await })
}

pin_project! {
    /// The future of [`Smoke`](crate::Smoke).
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Inner { #[pin] future: F },
        Ours { answering: Answering },
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(crate) fn inner(future: F) -> Self {
        Self {
            kind: Kind::Inner { future },
        }
    }

    pub(crate) fn ours(endpoint: Arc<Endpoint>, route: Route, head: Parts) -> Self {
        Self {
            kind: Kind::Ours {
                answering: answering(endpoint, route, head),
            },
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Inner { future } => future
                .poll(cx)
                .map_ok(|response| response.map(ResponseBody::inner)),
            KindProj::Ours { answering } => {
                let response = ready!(answering.as_mut().poll(cx));
                Poll::Ready(Ok(response.map(ResponseBody::ours)))
            }
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
