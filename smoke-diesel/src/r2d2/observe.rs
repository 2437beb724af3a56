//! Listening to a sandbox's pool.

use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use diesel::r2d2::event::{CheckinEvent, CheckoutEvent, TimeoutEvent};
use diesel::r2d2::{HandleError, HandleEvent};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_rollback::acting::is_session;
use smoke_rollback::gate::Gate;
use smoke_rollback::lock;
use smoke_rollback::not_connected;
use tokio::sync::oneshot;

use super::link::{Afterwards, R2d2};
use crate::blocking::Connection;

/// Answers once how the connecting went.
#[derive(Debug)]
pub(super) struct Reply(Mutex<Option<oneshot::Sender<smoke_core::Result>>>);

impl Reply {
    pub(super) fn new() -> (Arc<Self>, oneshot::Receiver<smoke_core::Result>) {
        let (sender, receiver) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Some(sender)))), receiver)
    }

    pub(super) fn send(&self, result: smoke_core::Result) {
        if let Some(sender) = lock(&self.0).take() {
            // Nobody waits any more where the opening has timed out; the gate is closed then.
            let _ = sender.send(result);
        }
    }
}

/// Hears of errors while connecting, of which the pool itself tells nobody until it times out.
pub(super) struct ConnectErrors<C> {
    pub(super) gate: Arc<Gate>,
    pub(super) reply: Arc<Reply>,
    pub(super) url: Option<String>,
    pub(super) database: PhantomData<fn() -> C>,
}

impl<C> fmt::Debug for ConnectErrors<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectErrors")
    }
}

impl<C: Connection, E: std::error::Error> HandleError<E> for ConnectErrors<C> {
    fn handle_error(&self, error: E) {
        let error = not_connected::<R2d2<C>>(&error.to_string(), self.url.as_deref());
        self.reply.send(Err(error));
        // The pool would go on connecting for as long as somebody keeps it, though each connection
        // is refused. It has no other way to be told to stop, and does not try again after a panic.
        if cfg!(panic = "unwind") && (self.gate.is_closed() || self.gate.over().is_some()) {
            resume_unwind(Box::new("the sandbox is closed"));
        }
    }
}

/// Counts the check-outs, and does something when a straggler brings the connection back.
pub(super) struct Events {
    pub(super) gate: Arc<Gate>,
    pub(super) afterwards: Afterwards,
    pub(super) threads: Arc<ScheduledThreadPool>,
    pub(super) test: Arc<str>,
}

impl HandleEvent for Events {
    fn handle_checkout(&self, _event: CheckoutEvent) {
        if !is_session() {
            self.gate.checked_out();
        }
    }

    fn handle_checkin(&self, _event: CheckinEvent) {
        if !is_session() {
            self.gate.checked_in();
            if let Some(job) = lock(&self.afterwards).take() {
                self.threads.execute(job);
            }
        }
    }

    fn handle_timeout(&self, event: TimeoutEvent) {
        if !is_session() && !self.gate.is_closed() {
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
