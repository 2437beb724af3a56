//! Work of the user's, carried out where tests live and told of in plain data.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::panic;
use crate::rollback::{HandleToken, Session};
use crate::scene::watched;
use crate::theirs::{Caught, let_go, panicked};
use crate::thread::Payload;
use crate::{Context, Error, ErrorKind, Result};

/// Work under way. What its error or its panic carries does not leave the thread that it ends on.
pub(crate) struct Errand {
    told: oneshot::Receiver<Result>,
    /// Ends when everything that the work ended with is dropped, with what went wrong then.
    task: JoinHandle<Option<Error>>,
    /// How long that may take until others go on.
    grace: Duration,
}

impl Errand {
    /// Calls `work` on the stage, and polls the future that it returns there. Holds `alive` until
    /// everything is dropped.
    pub(crate) fn begin(
        stage: &Handle,
        cx: &Context,
        alive: Option<Arc<HandleToken>>,
        work: impl FnOnce() -> BoxFuture<'static, Result> + Send + 'static,
    ) -> Self {
        let (tell, told) = oneshot::channel();
        let (cx, grace) = (cx.clone(), cx.timing().letting_go);
        let task = stage.spawn(watched(cx.scene(), async move {
            let _alive = alive;
            let CarriedOut { told, left } = carry_out(&cx, work).await;
            let _ = tell.send(told);
            // Whoever was told goes on, whatever this does.
            let_go(left, &cx.scene())
        }));
        Self { told, task, grace }
    }

    /// How the work ended, in short texts without secrets. None if it was cancelled.
    pub(crate) async fn ended(&mut self) -> Option<Result> {
        (&mut self.told).await.ok()
    }

    /// Waits, for a bounded time, until everything that the work ended with is dropped. Calls `hangs`
    /// when that time is over. Returns the result, with what went wrong meanwhile.
    pub(crate) async fn let_go(self, result: Result, hangs: impl FnOnce()) -> Result {
        match result {
            // Nothing is left of it.
            Ok(()) => Ok(()),
            result => let_go_in_time(result, (self.task, self.grace), hangs).await,
        }
    }

    /// Stops the work at its next await.
    pub(crate) fn abort(&self) {
        self.task.abort();
    }
}

/// Work that has ended.
pub(crate) struct CarriedOut {
    /// How it ended, in texts that are short and hold no secrets.
    pub(crate) told: Result,
    /// What it ended with, which is the user's: to be let go of where it is.
    pub(crate) left: Result<Result, Payload>,
}

/// Calls `work` and polls what it returns, where tests live.
pub(crate) async fn carry_out(
    cx: &Context,
    work: impl FnOnce() -> BoxFuture<'static, Result>,
) -> CarriedOut {
    let left = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(working) => Caught::new(working).await,
        Err(payload) => Err(payload),
    };
    CarriedOut {
        told: plain(&left, cx),
        left,
    }
}

/// Waits, for a bounded time, until the stage has dropped something. Calls `hangs` when that time is
/// over. Returns the result, with what went wrong meanwhile.
pub(crate) async fn let_go_in_time(
    result: Result,
    (letting_go, grace): (JoinHandle<Option<Error>>, Duration),
    hangs: impl FnOnce(),
) -> Result {
    match timeout(grace, letting_go).await {
        Ok(Ok(Some(fault))) => beside(result, fault),
        Ok(_) => result,
        Err(_) => {
            hangs();
            result
        }
    }
}

/// Adds what went wrong after the test. It becomes the test's error if the test itself was good, and is
/// reported in any case.
pub(crate) fn beside(result: Result, fault: Error) -> Result {
    match result {
        Err(error) if error.kind() != ErrorKind::Skipped => Err(error.beside(fault)),
        _ => Err(fault),
    }
}

/// How the work ended, in plain data.
fn plain(ended: &Result<Result, Payload>, cx: &Context) -> Result {
    let error = match ended {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(payload) => return Err(panic::error(&**payload, &cx.scene()).plain(None)),
    };
    // Its sources are asked, and they are the user's.
    let read = catch_unwind(AssertUnwindSafe(|| told(error, cx)));
    Err(read.unwrap_or_else(|payload| {
        let what = format_args!("an error panicked when its sources were read");
        panicked(what, payload, &cx.scene()).plain(None)
    }))
}

/// Adds to a test's error what the sandboxes read in it, or else what they know that may explain it.
fn told(error: &Error, cx: &Context) -> Error {
    let sessions = match cx.sessions() {
        Ok(sessions) if error.kind() != ErrorKind::Skipped => sessions,
        _ => return error.plain(None),
    };
    let plainer = |error: Error, session: &Arc<dyn Session>| match session.plainer(&error) {
        Some((text, instead)) => error.saying(&text, &instead),
        None => error,
    };
    let explained = sessions.iter().find_map(|session| session.explain(error));
    let error = sessions.iter().fold(error.clone(), plainer);
    match explained {
        None => remarked(error, &sessions).plain(None),
        explained => error.plain(explained),
    }
}

/// Adds to a test's error what the sandboxes know that may explain it, if anything.
pub(crate) fn remarked(error: Error, sessions: &[Arc<dyn Session>]) -> Error {
    let remark = sessions.iter().find_map(|session| session.remark(&error));
    match remark {
        Some(remark) => error.remarked(&remark),
        None => error,
    }
}
