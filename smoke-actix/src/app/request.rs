//! A request of a test, as a server would have received it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::{HttpMessage, Message, Payload, Request};
use bytes::Bytes;
use futures_util::Stream;
use http_body::Body;
use smoke_core::{AppBody, Arrival, SmokeRequest};

use crate::head;

/// The request with its body, its peer and the test's extensions.
pub(super) fn from_test(
    request: http::Request<AppBody>,
) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let (mut parts, body) = request.into_parts();
    let mut head = Message::new();
    head::set(&mut head, &parts)?;
    let given = parts.extensions.get::<SocketAddr>().copied();
    let peer = Arrival::settle(&mut parts.extensions);
    head.peer_addr = given.or(peer);
    let payload = if body.is_end_stream() {
        Payload::None
    } else {
        Payload::Stream {
            payload: Box::pin(Chunks(body)) as _,
        }
    };
    let (request, _) = Request::from(head).replace_payload(payload);
    if let Some(smoke) = parts.extensions.get::<SmokeRequest>() {
        request.extensions_mut().insert(smoke.clone());
    }
    // The types in there are known to the application alone.
    request.extensions_mut().insert(parts.extensions);
    Ok(request)
}

/// The data of a body. Trailers are left out, as the server does.
struct Chunks(AppBody);

impl Stream for Chunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    let error = PayloadError::Io(io::Error::other(error));
                    return Poll::Ready(Some(Err(error)));
                }
                Some(Ok(frame)) => frame,
            };
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}
