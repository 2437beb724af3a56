//! The body of an answer on its way to the socket.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::faults::Faults;
use super::lines::Busy;
use crate::RequestError;
use crate::app::AnswerBody;

/// A body whose request keeps its turn until it has ended. The client sees the end after that.
pub(super) struct LiveBody {
    body: AnswerBody,
    turn: Option<Turn>,
    ending: Option<JoinHandle<()>>,
    /// What is shown once the turn has ended.
    last: Option<Result<Frame<Bytes>, RequestError>>,
    over: bool,
    faults: Faults,
    _busy: Option<Busy>,
}

/// A turn that ends when `_held` is dropped, or before that when others have waited too long.
pub(super) struct Turn {
    pub(super) _held: oneshot::Sender<()>,
    /// Has ended when the turn has.
    pub(super) ended: JoinHandle<()>,
}

impl LiveBody {
    pub(super) fn new(
        body: AnswerBody,
        turn: Option<Turn>,
        busy: Option<Busy>,
        faults: Faults,
    ) -> Self {
        Self {
            body,
            turn,
            ending: None,
            last: None,
            over: false,
            faults,
            _busy: busy,
        }
    }
}

impl Body for LiveBody {
    type Data = Bytes;
    type Error = RequestError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestError>>> {
        let this = self.get_mut();
        if this.ending.is_none() && !this.over {
            let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
            if let Some(Err(error)) = &frame {
                this.faults.note(error);
            }
            // With a length known, nobody asks for more behind the last frame.
            this.over = !matches!(frame, Some(Ok(_))) || this.body.is_end_stream();
            if !this.over {
                return Poll::Ready(frame);
            }
            this.last = frame;
            this.ending = this.turn.take().map(|turn| turn.ended);
        }
        if let Some(ending) = &mut this.ending {
            let _ = ready!(Pin::new(ending).poll(cx));
            this.ending = None;
        }
        Poll::Ready(this.last.take())
    }

    fn is_end_stream(&self) -> bool {
        match self.over {
            true => self.ending.is_none() && self.last.is_none(),
            false => self.turn.is_none() && self.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
