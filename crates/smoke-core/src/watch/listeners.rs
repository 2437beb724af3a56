//! Who is told when a test is believed to be down, or up again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use smoke_report::Change;

use crate::log;
use crate::thread::discard;

/// How many changes a slow listener may be behind. What comes then is left out, and the log says so.
const BEHIND: usize = 256;

/// The ends of the threads on which listeners are called: what they do holds nothing up.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Mutex<Vec<SyncSender<Change>>>);

impl Listeners {
    pub(crate) fn add(&self, listener: impl Fn(Change) + Send + 'static) -> std::io::Result<()> {
        let (sender, changes) = sync_channel(BEHIND);
        let thread = thread::Builder::new().name("smoke-changes".to_owned());
        thread.spawn(move || tell_all(&changes, &listener))?;
        self.senders().push(sender);
        Ok(())
    }

    /// Tells all listeners, and waits for none.
    pub(crate) fn tell(&self, change: &Change) {
        for sender in &*self.senders() {
            if sender.try_send(change.clone()).is_err() {
                let test = change.test.clone();
                log::line(move || {
                    tracing::warn!(
                        target: "smoke", test,
                        "a listener is not told of a change: it has not taken those before"
                    );
                });
            }
        }
    }

    fn senders(&self) -> MutexGuard<'_, Vec<SyncSender<Change>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until nobody has the runner any more.
fn tell_all(changes: &Receiver<Change>, listener: &impl Fn(Change)) {
    for change in changes {
        let told = catch_unwind(AssertUnwindSafe(|| listener(change)));
        if let Err(payload) = told {
            discard(payload);
            tracing::error!(target: "smoke", "a listener of changes panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use smoke_report::{Scope, TestState};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn change(test: &str) -> Change {
        Change::new(test, Scope::Shared, TestState::Up, TestState::Down)
    }

    #[test]
    fn a_listener_that_panics_is_told_of_the_next() {
        let listeners = Listeners::default();
        let (tell, told) = mpsc::channel();
        let listening = listeners.add(move |change| {
            let _ = tell.send(change.test.clone());
            assert_ne!(change.test, "first", "the webhook is gone");
        });
        listening.unwrap();
        for test in ["first", "second"] {
            listeners.tell(&change(test));
            assert_eq!(told.recv_timeout(LONG).unwrap(), test);
        }
    }

    #[test]
    fn a_listener_that_hangs_holds_up_neither_the_teller_nor_others() {
        let listeners = Listeners::default();
        let (release, held) = mpsc::channel::<()>();
        let hangs = move |_| {
            let _ = held.recv();
        };
        listeners.add(hangs).unwrap();
        let (tell, told) = mpsc::channel();
        listeners
            .add(move |change| drop(tell.send(change.test)))
            .unwrap();
        for _ in 0..BEHIND * 2 {
            listeners.tell(&change("a"));
            assert_eq!(told.recv_timeout(LONG).unwrap(), "a");
        }
        drop(release);
    }
}
