//! Streams of what happens in the runs, for clients outside of the process.
//!
//! A run waits for none of them: what it emits is taken up on the coordinator and forwarded, and
//! written as text where it is read. Whoever does not read is dropped.

mod forward;
mod message;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{Error, Runner};

use forward::{Sources, forward};
use message::Message;

/// How many messages one may be behind.
const BEHIND: usize = 256;

/// What happens in the runs of a runner, as server-sent events, until one side ends it.
#[derive(Debug)]
pub(crate) struct Followed {
    messages: mpsc::Receiver<Message>,
}

/// Why somebody does not follow.
#[derive(Debug)]
pub(crate) enum Unfollowed {
    /// As many do as may.
    Full,
    /// There are no threads to forward on.
    Off(Error),
}

impl Followed {
    /// Follows the runs, from now on.
    pub(crate) fn begin(runner: &Runner) -> Result<Self, Unfollowed> {
        let place = Arc::clone(runner.places()).try_acquire_owned();
        let place = place.map_err(|_| Unfollowed::Full)?;
        let coordinator = runner.coordinator().map_err(Unfollowed::Off)?;
        let (told, messages) = mpsc::channel(BEHIND);
        // The place is free when nothing is forwarded any more, also where the connection hangs.
        let forwarding = forward(Sources::of(runner), told);
        coordinator.spawn(async move {
            let _place = place;
            forwarding.await;
        });
        Ok(Self { messages })
    }

    /// The text of the next message, once there is one; none at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let message = self.messages.poll_recv(cx);
        message.map(|message| Some(Bytes::from(message?.text())))
    }
}
