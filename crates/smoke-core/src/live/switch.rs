//! A connection that goes over to another protocol, for applications that have it in their bodies.

use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::faults::Faults;
use super::lines::Busy;
use crate::app::AnswerBody;
use crate::{AppBody, AppUnderTest, RequestError};

/// How much is read at once.
const CHUNK: usize = 8 * 1024;
/// How long the client may take to close a connection that the application has ended.
const CLOSING: Duration = Duration::from_millis(500);

type Chunks = mpsc::Sender<io::Result<Bytes>>;
type Io = TokioIo<Upgraded>;

/// A request that asked for another protocol. Dropped, its body ends: it was refused.
pub(super) struct Switch {
    upgraded: OnUpgrade,
    chunks: Chunks,
}

impl Switch {
    /// Gives the request the body that the connection will be, where the application wants it.
    pub(super) fn prepare(app: &AppUnderTest, request: &mut Request<AppBody>) -> Option<Self> {
        if !http_body::Body::is_end_stream(request.body()) || !app.upgrades_by_body(request) {
            return None;
        }
        let upgraded = request.extensions_mut().remove()?;
        let (chunks, mut received) = mpsc::channel::<io::Result<Bytes>>(1);
        let arriving = stream::poll_fn(move |cx| received.poll_recv(cx));
        let frames = arriving.map(|chunk| chunk.map(Frame::data));
        let body = StreamBody::new(frames).map_err(Into::into);
        *request.body_mut() = body.boxed_unsync();
        Some(Self { upgraded, chunks })
    }

    /// Sends the answer's body on the connection.
    pub(super) fn agreed(self, body: AnswerBody, busy: Busy, faults: Faults) -> Switched {
        Switched {
            switch: self,
            body,
            busy,
            faults,
        }
    }
}

/// A connection that has another protocol as soon as the answer's head is sent.
pub(super) struct Switched {
    switch: Switch,
    body: AnswerBody,
    busy: Busy,
    faults: Faults,
}

impl Switched {
    /// Carries bytes both ways. It ends when the application has, and the client closed the
    /// connection or did not for a while.
    async fn run(self) {
        let Switch { upgraded, chunks } = self.switch;
        let Ok(upgraded) = upgraded.await else { return };
        let (from, to) = tokio::io::split(TokioIo::new(upgraded));
        let mut receiving = pin!(receive(from, chunks));
        let mut sending = pin!(send(self.body, to));
        tokio::select! {
            biased;
            sent = &mut sending => {
                drop(self.busy);
                if let Err(error) = sent {
                    self.faults.note(&error);
                }
                // Closed before the client's last words are read, it would be reset.
                let _: Result<_, _> = timeout(CLOSING, receiving).await;
            }
            () = &mut receiving => match sending.await {
                // It was read from what the client has ended.
                Ok(()) | Err(RequestError::Body { .. }) => {}
                Err(error) => self.faults.note(&error),
            },
        }
    }
}

/// Where a request leaves its connection for the time after HTTP.
#[derive(Clone, Default)]
pub(super) struct AfterHttp(Arc<Mutex<Option<Switched>>>);

impl AfterHttp {
    pub(super) fn set(&self, switched: Switched) {
        *self.slot() = Some(switched);
    }

    pub(super) async fn run(self) {
        let switched = self.slot().take();
        if let Some(switched) = switched {
            switched.run().await;
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Switched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes in. Without a reader it is thrown away: the client's end is still seen.
async fn receive(mut from: ReadHalf<Io>, chunks: Chunks) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        let chunk = match from.read_buf(&mut buffer).await {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(buffer.split().freeze()),
            Err(error) => Err(error),
        };
        let over = chunk.is_err();
        let _: Result<_, _> = chunks.send(chunk).await;
        if over {
            return;
        }
    }
}

/// What goes out, until it ends or the client is gone.
async fn send(mut body: AnswerBody, mut to: WriteHalf<Io>) -> Result<(), RequestError> {
    let sent = loop {
        let frame = match body.frame().await {
            None => break Ok(()),
            Some(Err(error)) => break Err(error),
            Some(Ok(frame)) => frame,
        };
        if let Ok(data) = frame.into_data()
            && to.write_all(&data).await.is_err()
        {
            return Ok(());
        }
    };
    let _: Result<_, _> = to.shutdown().await;
    sent
}

#[cfg(test)]
mod tests;
