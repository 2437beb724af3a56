//! What is done on the thread on which an application lives.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_http::Response;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::AppConfig;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, UPGRADE};
use futures_util::FutureExt;
use http::Method;
use http::header::{CONNECTION, HeaderValue};
use smoke_core::__private::Piece;
use smoke_core::{AppBody, Result};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::body::{Broken, Frames, channel};
use super::form::{Build, Handler};
use super::panicked::Panicked;
use super::request;
use crate::head;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request to be handled.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) request: http::Request<AppBody>,
    pub(super) reply: oneshot::Sender<Replied>,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Replied {
    Answer(http::Response<Frames>),
    Refused(BoxError),
    Panicked(Panicked),
}

/// Builds the application, says so, and handles requests until nobody can send any more. Nothing of
/// the application is left then but what it has spawned itself.
pub(super) async fn serve<Form>(
    (app, config): (impl Build<Form>, AppConfig),
    mut orders: mpsc::UnboundedReceiver<Order>,
    mut ready: oneshot::Sender<Result<Result<()>, Panicked>>,
    piece: Piece,
) {
    let building = AssertUnwindSafe(async { app.build(config).await }).catch_unwind();
    let built = tokio::select! {
        biased;
        // The test has gone away.
        () = ready.closed() => return,
        built = building => built,
    };
    let (handler, said) = match built {
        Ok(Ok(handler)) => (Some(handler), Ok(Ok(()))),
        Ok(Err(error)) => (None, Ok(Err(error))),
        Err(payload) => (None, Err(Panicked(payload))),
    };
    let _ = ready.send(said);
    let Some(handler) = handler else { return };
    let mut answering = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = answering.join_next() => {}
            order = orders.recv() => {
                let Some(order) = order else { break };
                let answer = answer(Rc::clone(&handler), order);
                answering.spawn_local(piece.clone().carry_out(answer));
            }
        }
    }
    answering.shutdown().await;
}

async fn answer(handler: Rc<dyn Handler>, order: Order) {
    let Order { request, mut reply } = order;
    let no_body = request.method() == Method::HEAD;
    let request = match request::from_test(request) {
        Ok(request) => request,
        Err(error) => {
            let _ = reply.send(Replied::Refused(error));
            return;
        }
    };
    let answering = AssertUnwindSafe(async { handler.handle(request).await }).catch_unwind();
    let answered = tokio::select! {
        biased;
        // The client has gone away.
        () = reply.closed() => return,
        answered = answering => answered,
    };
    let (head, body) = match answered {
        Ok(response) => response.into_parts(),
        Err(payload) => {
            let _ = reply.send(Replied::Panicked(Panicked(payload)));
            return;
        }
    };
    let answered = sent_head(&head, body.size(), no_body);
    drop(head);
    let (head, has_body) = match answered {
        Ok(answered) => answered,
        Err(error) => {
            let _ = reply.send(Replied::Refused(error));
            return;
        }
    };
    let (chunks, frames) = channel();
    let replied = reply.send(Replied::Answer(head.map(|()| frames)));
    if has_body && replied.is_ok() {
        // The body is dropped before the channel is closed: the test goes on when nothing of the
        // request is left.
        let pumping = AssertUnwindSafe(pump(body, &chunks)).catch_unwind();
        let pumped = tokio::select! {
            biased;
            () = chunks.closed() => return,
            pumped = pumping => pumped,
        };
        if let Err(payload) = pumped {
            let _ = chunks.send(Err(Broken::Panicked(Panicked(payload)))).await;
        }
    }
}

/// The head as the server sends it, and whether a body follows.
fn sent_head(
    head: &Response<()>,
    size: BodySize,
    no_body: bool,
) -> Result<(http::Response<()>, bool), BoxError> {
    let status = head.status();
    let mut sent = head::response(status, head.headers())?;
    if head.upgrade() || head.headers().contains_key(UPGRADE) {
        let upgrade = HeaderValue::from_static("upgrade");
        sent.headers_mut().insert(CONNECTION, upgrade);
    }
    // RFC 9110, 8.6: these have no content, and the first two no length either.
    let empty = status.is_informational() || status == StatusCode::NO_CONTENT;
    let no_body = no_body || empty || status == StatusCode::NOT_MODIFIED;
    // What follows is no content, but the rest of the connection.
    let no_body = no_body && status != StatusCode::SWITCHING_PROTOCOLS;
    match size {
        _ if empty => {
            sent.headers_mut().remove(CONTENT_LENGTH.as_str());
        }
        BodySize::Sized(length) if status != StatusCode::NOT_MODIFIED => {
            let headers = sent.headers_mut();
            headers.insert(http::header::CONTENT_LENGTH, length.into());
        }
        _ => {}
    }
    Ok((sent, !no_body))
}

async fn pump(body: BoxBody, chunks: &mpsc::Sender<Result<bytes::Bytes, Broken>>) {
    let mut body = std::pin::pin!(body);
    while let Some(chunk) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        let chunk = chunk.map_err(|error| Broken::Error(error.to_string().into()));
        let broken = chunk.is_err();
        if chunks.send(chunk).await.is_err() || broken {
            return;
        }
    }
}
