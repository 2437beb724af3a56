//! Functions that block: each gets an OS thread of its own, on which it may wait for futures.

use std::cell::Cell;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task::block_in_place;

use crate::scene::watched_thread;
use crate::theirs::{let_go, panicked};
use crate::thread::only_smoke_tests_run_here;
use crate::{Context, Error, Result};

/// The stack of a thread on which tests run, in bytes: what a main thread has on Linux. An overflow
/// ends the process, so what works on a main thread has to work in a test.
pub(crate) const STACK: usize = 8 * 1024 * 1024;

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread for the work of tests. Nothing waits for its end.
///
/// # Errors
///
/// When it cannot be started.
pub fn thread(name: String, body: impl FnOnce() + Send + 'static) -> Result {
    let thread = std::thread::Builder::new().name(name).stack_size(STACK);
    let started = thread.spawn(move || {
        only_smoke_tests_run_here();
        body();
    });
    started.map(drop).map_err(|error| {
        Error::from(error).context("a thread for a blocking function could not be started")
    })
}

/// Runs a function on a thread of its own, inside the tests' runtime.
///
/// The thread counts as a living part of the test until the function returns, whether or not
/// anybody still waits for it.
///
/// # Errors
///
/// When the thread cannot be started, or when the function panics.
pub(crate) async fn on_thread<T: Send + 'static>(
    cx: &Context,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    let (stage, alive, scene) = (cx.stage().clone(), cx.alive(), cx.scene());
    thread(format!("smoke {}", cx.test_name()), move || {
        let _alive = alive;
        let _inside = stage.enter();
        MAY_BLOCK.set(true);
        let (body, scene) = (AssertUnwindSafe(body), &scene);
        let ended = watched_thread(Arc::clone(scene), || panic::catch_unwind(body));
        if let Err(unheard) = sender.send(ended) {
            let_go(unheard, scene);
        }
    })?;
    match receiver.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(payload)) => Err(panicked(format_args!("panicked"), payload, &cx.scene())),
        Err(_) => Err(Error::msg(
            "the thread of a blocking function ended without an answer",
        )),
    }
}

/// Runs a future to its end on `stage`, from a thread that polls nothing.
///
/// # Errors
///
/// When the thread polls: on a runtime, or in a call of this function further up. A runtime that the
/// thread runs itself, and which has threads of its own, goes on meanwhile.
pub(crate) fn block_on<Fut: Future>(stage: &Handle, future: Fut) -> Result<Fut::Output> {
    let polls = |current: Handle| {
        !MAY_BLOCK.get() || current.runtime_flavor() == RuntimeFlavor::CurrentThread
    };
    if Handle::try_current().is_ok_and(polls) {
        return Err(Error::msg(
            "a blocking call in asynchronous code would block its thread: use the asynchronous form and .await it",
        ));
    }
    let _polling = Polling::begin();
    Ok(block_in_place(|| stage.block_on(future)))
}

/// As long as it lives the thread may not block.
struct Polling {
    before: bool,
}

impl Polling {
    fn begin() -> Self {
        Self {
            before: MAY_BLOCK.replace(false),
        }
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        MAY_BLOCK.set(self.before);
    }
}
