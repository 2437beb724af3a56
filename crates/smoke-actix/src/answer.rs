//! The endpoint's answers, as actix-web sends them.

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpResponse};
use bytes::Bytes;
use smoke_core::{Endpoint, Route, SmokeRequest};

use crate::head;

/// An answer of the endpoint that is being made.
pub(crate) type Answering = Pin<Box<dyn Future<Output = http::Response<Bytes>>>>;

/// Asks the endpoint what a request asks for.
#[cold]
pub(crate) fn answering(
    endpoint: Arc<Endpoint>,
    route: Route,
    head: &RequestHead,
    message: &impl HttpMessage,
) -> Answering {
    let (route, mut parts) = match head::parts(head) {
        Some(parts) => (route, parts),
        None => (Route::Unknown, http::Request::new(()).into_parts().0),
    };
    if let Some(smoke) = message.extensions().get::<SmokeRequest>() {
        parts.extensions.insert(smoke.clone());
    }
    Box::pin(async move { endpoint.answer(route, &parts).await })
}

/// The answer with a body of the caller's making.
pub(crate) fn response<B: MessageBody + 'static>(
    answer: http::Response<Bytes>,
    body: impl FnOnce(Answer) -> B,
) -> HttpResponse<B> {
    let (head, bytes) = answer.into_parts();
    let length = head.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let body = body(Answer {
        length: length.unwrap_or(bytes.len() as u64),
        bytes,
    });
    let status = StatusCode::from_u16(head.status.as_u16());
    let mut response =
        HttpResponse::with_body(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE), body);
    for (name, value) in &head.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    bytes: Bytes,
    /// What `Content-Length` says: for HEAD, the length of what GET would have got.
    length: u64,
}

impl MessageBody for Answer {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let bytes = mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        // For HEAD, the bytes do not tell the length.
        if self.bytes.len() as u64 == self.length {
            Ok(self.bytes)
        } else {
            Err(self)
        }
    }
}
