//! The body of an answer, on its way from the application's thread to the test.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::mpsc;

use super::panicked::Panicked;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How many chunks the application may be ahead of the test.
const AHEAD: usize = 4;

/// Why a body broke off.
#[derive(Debug)]
pub(super) enum Broken {
    Error(BoxError),
    Panicked(Panicked),
}

/// The receiving end.
#[derive(Debug)]
pub(super) struct Frames(mpsc::Receiver<Result<Bytes, Broken>>);

pub(super) fn channel() -> (mpsc::Sender<Result<Bytes, Broken>>, Frames) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    (sender, Frames(receiver))
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunk = ready!(self.0.poll_recv(cx));
        Poll::Ready(chunk.map(|chunk| match chunk {
            Ok(data) => Ok(Frame::data(data)),
            Err(Broken::Error(error)) => Err(error),
            Err(Broken::Panicked(Panicked(payload))) => resume_unwind(payload),
        }))
    }
}
