//! Threads on which applications live, one after the other.
//!
//! Nothing of actix-web leaves its thread. But what an application shares with production does:
//! where a client connects again, the task that does so, and its socket, belong to where it was used
//! first. So nothing here ends with a test. What is spawned for any thread, and every socket, goes to
//! the tests' runtime, which lasts and which a handler that blocks its thread does not stop; what is
//! spawned for this thread (`actix_web::rt::spawn`) goes on here, after the test too.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::rt::System;
use smoke_core::__private::{Stage, thread};
use smoke_core::Result;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

/// The threads that no application has.
static IDLE: Mutex<Vec<Lasting>> = Mutex::new(Vec::new());

/// How many threads are set aside because an application has stopped their system.
static ASIDE: AtomicUsize = AtomicUsize::new(0);
/// Upper bound: a test that does so may run every few minutes, and no thread ends.
const MOST_ASIDE: usize = 8;

type Work = Pin<Box<dyn Future<Output = ()>>>;
type Start = Box<dyn FnOnce() -> Work + Send>;

/// A thread that lasts as long as the process, and has one application at a time. One on which a
/// handler does not return is waited for by nobody: the next application has another thread.
#[derive(Clone)]
pub(super) struct Lasting {
    stage: Stage,
    starts: mpsc::UnboundedSender<Start>,
}

impl Lasting {
    /// A thread that waits, or a new one, for work of tests that live on `stage`.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub(super) fn take(stage: &Stage) -> Result<Self> {
        let mut idle = idle();
        let waiting = idle.iter().position(|waiting| waiting.stage == *stage);
        let waiting = waiting.map(|at| idle.swap_remove(at));
        drop(idle);
        if let Some(waiting) = waiting {
            return Ok(waiting);
        }
        let (starts, started) = mpsc::unbounded_channel();
        let new = Self {
            stage: stage.clone(),
            starts,
        };
        let own = new.clone();
        thread("smoke-actix".to_owned(), move || own.live(started))?;
        Ok(new)
    }

    /// Has work done on the thread, which waits for the next when it has ended.
    pub(super) fn start<Fut>(&self, work: impl FnOnce() -> Fut + Send + 'static)
    where
        Fut: Future<Output = ()> + 'static,
    {
        // Where the thread could not begin to live, the work is dropped, and whoever waits sees it.
        let _ = self.starts.send(Box::new(move || Box::pin(work()) as Work));
    }

    fn live(self, mut started: mpsc::UnboundedReceiver<Start>) {
        // It has neither sockets nor timers, which are the runtime's.
        let Ok(own) = Builder::new_current_thread().build() else {
            return;
        };
        System::with_tokio_rt(|| own).block_on(async move {
            let _inside = self.stage.enter();
            while let Some(start) = started.recv().await {
                // In a task, so that a panic ends no more than this work.
                let _ = actix_web::rt::spawn(async move { start().await }).await;
                // An application may stop its system, whose arbiter then takes nothing more. The next
                // application is better off elsewhere.
                if System::current().arbiter().spawn(async {}) || !set_aside() {
                    idle().push(self.clone());
                }
            }
        });
    }
}

/// Whether a thread may stay without an application, where its tasks and clients live on.
fn set_aside() -> bool {
    let one_more = |aside| (aside < MOST_ASIDE).then_some(aside + 1);
    let order = Ordering::Relaxed;
    ASIDE.fetch_update(order, order, one_more).is_ok()
}

fn idle() -> MutexGuard<'static, Vec<Lasting>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}
