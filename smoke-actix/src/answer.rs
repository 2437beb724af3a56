//! The endpoint's answers, as actix-web sends them.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{AppConfig, Payload, RequestHead};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpResponse};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join;
use http_body::Body;
use smoke_core::{AnswerBody, Endpoint, Route, SmokeRequest};

use crate::head;

/// An answer of the endpoint that is being made.
pub(crate) type Answering = Pin<Box<dyn Future<Output = http::Response<AnswerBody>>>>;

/// How much of a request's body is read, in bytes, and for how long.
const BODY: usize = 64 * 1024;
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// Asks the endpoint what a request asks for.
///
/// The body is read, as far as it is a small one, and nothing is made of it: actix-web closes a
/// connection on which a body was not read to its end before the answer.
#[cold]
pub(crate) fn answering(
    endpoint: Arc<Endpoint>,
    route: Route,
    (head, config): (&RequestHead, &AppConfig),
    message: &impl HttpMessage,
    body: Payload,
) -> Answering {
    let (route, mut parts) = match head::parts(head) {
        Some(parts) => (route, parts),
        None => (Route::Unknown, http::Request::new(()).into_parts().0),
    };
    parts.extensions.insert(head::arrival(head, config));
    if let Some(smoke) = message.extensions().get::<SmokeRequest>() {
        parts.extensions.insert(smoke.clone());
    }
    Box::pin(async move {
        let answering = endpoint.answer(route, &parts);
        if let Payload::None = body {
            return answering.await;
        }
        let reading = actix_web::rt::time::timeout(BODY_PATIENCE, read(body));
        join(answering, reading).await.0
    })
}

async fn read(mut body: Payload) {
    let mut left = BODY;
    while let Some(Ok(chunk)) = body.next().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// The answer with a body of the caller's making.
pub(crate) fn response<B: MessageBody + 'static>(
    answer: http::Response<AnswerBody>,
    body: impl FnOnce(Answer) -> B,
) -> HttpResponse<B> {
    let (head, answer) = answer.into_parts();
    let length = head.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let body = body(Answer {
        length: length.or(answer.length()),
        answer,
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
    answer: AnswerBody,
    /// What `Content-Length` says: for HEAD, the length of what GET would have got. None where the
    /// answer goes on.
    length: Option<u64>,
}

impl MessageBody for Answer {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.length.map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let frame = Pin::new(&mut self.answer).poll_frame(cx);
        // It has no trailers.
        frame.map(|frame| {
            frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default()))
        })
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        // For HEAD, the bytes do not tell the length.
        if self.answer.length() != self.length {
            return Err(self);
        }
        let length = self.length;
        let bytes = self.answer.into_bytes();
        bytes.map_err(|answer| Self { answer, length })
    }
}
