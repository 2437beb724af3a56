//! Listening to a sandbox's pool.

use std::cell::Cell;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use diesel::r2d2::event::{CheckinEvent, CheckoutEvent, TimeoutEvent};
use diesel::r2d2::{HandleError, HandleEvent};
use scheduled_thread_pool::ScheduledThreadPool;
use tokio::sync::oneshot;

use super::connection::Connection;
use crate::gate::{Gate, lock};
use crate::verdict::not_connected;

thread_local! {
    static SESSION: Cell<bool> = const { Cell::new(false) };
}

/// Does something as the session: its check-outs and check-ins are not counted.
pub(super) fn as_session<T>(work: impl FnOnce() -> T) -> T {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            SESSION.set(self.0);
        }
    }
    let _reset = Reset(SESSION.replace(true));
    work()
}

/// Answers once how the connecting went.
#[derive(Debug)]
pub(super) struct Reply<T>(Mutex<Option<oneshot::Sender<smoke_core::Result<T>>>>);

impl<T> Reply<T> {
    pub(super) fn new() -> (Arc<Self>, oneshot::Receiver<smoke_core::Result<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Some(sender)))), receiver)
    }

    pub(super) fn send(&self, result: smoke_core::Result<T>) {
        if let Some(sender) = lock(&self.0).take() {
            // Nobody waits any more where the opening has timed out; the gate is closed then.
            let _ = sender.send(result);
        }
    }
}

/// Hears of errors while connecting, of which the pool itself tells nobody until it times out.
pub(super) struct ConnectErrors<C: Connection> {
    pub(super) gate: Arc<Gate>,
    pub(super) reply: Arc<Reply<C::Outside>>,
    pub(super) url: Option<String>,
}

impl<C: Connection> fmt::Debug for ConnectErrors<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectErrors")
    }
}

impl<C: Connection, E: std::error::Error> HandleError<E> for ConnectErrors<C> {
    fn handle_error(&self, error: E) {
        let error = not_connected::<C::Dialect>(&error.to_string(), self.url.as_deref());
        self.reply.send(Err(error));
        // The pool would go on connecting for as long as somebody keeps it, though each connection
        // is refused. It has no other way to be told to stop, and does not try again after a panic.
        if cfg!(panic = "unwind") && (self.gate.is_closed() || self.gate.over().is_some()) {
            resume_unwind(Box::new("the sandbox is closed"));
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Counts the check-outs, and does something when a straggler brings the connection back.
pub(super) struct Events {
    pub(super) gate: Arc<Gate>,
    pub(super) afterwards: Arc<Mutex<Option<Job>>>,
    pub(super) threads: Arc<ScheduledThreadPool>,
    pub(super) test: Arc<str>,
}

impl HandleEvent for Events {
    fn handle_checkout(&self, _event: CheckoutEvent) {
        if !SESSION.get() {
            self.gate.checked_out();
        }
    }

    fn handle_checkin(&self, _event: CheckinEvent) {
        if !SESSION.get() {
            self.gate.checked_in();
            if let Some(job) = lock(&self.afterwards).take() {
                self.threads.execute(job);
            }
        }
    }

    fn handle_timeout(&self, event: TimeoutEvent) {
        if !SESSION.get() && !self.gate.is_closed() {
            self.gate.witness().saw_exhaustion();
            tracing::warn!(
                target: "smoke",
                test = &*self.test,
                "a sandbox has one connection, and it was not free for {:?}: is it checked out twice at once?",
                event.timeout(),
            );
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
