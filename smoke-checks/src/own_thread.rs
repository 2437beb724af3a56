//! A call that may hang for ever, such as one of a stale mount: on a thread of its own, and never two of
//! one check.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use smoke_core::{Error, Failure, Result};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::check::shown;

/// Runs one call at a time, each on a thread of its own.
///
/// A thread that hangs in the kernel can be neither ended nor interrupted. A check that started another
/// one each time would fill the process with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnThread {
    since: Arc<Mutex<Option<Instant>>>,
    /// Held by the run that waits for the call: another run at the same time waits for its end.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl OwnThread {
    /// Runs `call` on a thread of its own and waits for it. `what` hangs where it does not return.
    ///
    /// # Errors
    ///
    /// What the call returns; a failure when it does not return in time, or when an earlier one has not
    /// returned yet; an error when there is no thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &str,
        within: Duration,
        call: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.turn.lock().await;
        let busy = Busy::begin(&self.since).map_err(|since| {
            Failure::new(format!(
                "{what} hangs: a call that began {} ago has not returned. {REMEDY}",
                shown(since.elapsed())
            ))
        })?;
        let (sender, receiver) = oneshot::channel();
        let body = move || {
            let ended = call();
            // Before the answer: who has it may ask again at once.
            drop(busy);
            // Nobody may be waiting any more.
            let _ = sender.send(ended);
        };
        let started = thread::Builder::new()
            .name("smoke check".to_owned())
            .spawn(body);
        started.map_err(|error| Error::from(error).context("a thread could not be started"))?;
        match timeout(within, receiver).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Err(Error::msg(
                "the thread of the check ended without an answer",
            )),
            Err(_) => Err(Failure::new(format!(
                "{what} hangs: a call has not returned within {}. {REMEDY}",
                shown(within)
            ))
            .into()),
        }
    }
}

const REMEDY: &str = "Is it on a mount whose server is gone? Mount it anew; what hangs goes on when the server is back";

/// A thread that is in a call.
struct Busy(Arc<Mutex<Option<Instant>>>);

impl Busy {
    /// Since when another one is, where it is.
    fn begin(since: &Arc<Mutex<Option<Instant>>>) -> Result<Self, Instant> {
        let mut busy = since.lock().unwrap_or_else(PoisonError::into_inner);
        match *busy {
            Some(since) => Err(since),
            None => {
                *busy = Some(Instant::now());
                Ok(Self(Arc::clone(since)))
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
