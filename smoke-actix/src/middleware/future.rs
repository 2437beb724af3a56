use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use pin_project_lite::pin_project;
use smoke_core::{Endpoint, Route};

use super::ResponseBody;
use crate::answer::{Answering, answering, response};

pin_project! {
    /// The future of [`SmokeMiddleware`](crate::SmokeMiddleware).
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Inner { #[pin] future: F },
        // None once it is answered.
        Ours { answering: Answering, request: Option<Box<ServiceRequest>> },
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn inner(future: F) -> Self {
        Self {
            kind: Kind::Inner { future },
        }
    }

    pub(crate) fn ours(endpoint: Arc<Endpoint>, route: Route, mut request: ServiceRequest) -> Self {
        let body = request.take_payload();
        Self {
            kind: Kind::Ours {
                answering: answering(
                    endpoint,
                    route,
                    (request.head(), request.app_config()),
                    &request,
                    body,
                ),
                request: Some(Box::new(request)),
            },
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, E>>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Inner { future } => future
                .poll(cx)
                .map_ok(|response| response.map_body(|_, body| ResponseBody::inner(body))),
            KindProj::Ours { answering, request } => {
                let answer = ready!(answering.as_mut().poll(cx));
                match request.take() {
                    Some(request) => Poll::Ready(Ok(
                        request.into_response(response(answer, ResponseBody::ours))
                    )),
                    None => Poll::Pending,
                }
            }
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
