//! The hook that keeps panics of smoke tests from the application's.
//!
//! A hook of the application may end the process, and a smoke test must not. So ours is put in
//! front of the one that stands, and does not pass on what panics in a smoke test. It stays there
//! when a run is over: what a test has left behind may panic later. Whether it still stands in front
//! is looked at when a run begins.

use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Instant;

use smoke_report::Place;
use tokio::time::timeout_at;

use super::{is_of_a_smoke_test, message};
use crate::log;
use crate::ration::{Ration, some};
use crate::redact::{READ, beginning, redact};

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Somebody who puts a hook in front of ours each time would make the chain longer for ever.
const MOST: usize = 32;
/// How many lines are written a minute: a test may panic as often as it likes.
const A_MINUTE: u64 = 60;

/// What the standard library panics with before it aborts: a panic in a `Drop` while another one
/// unwinds, and one where nothing can unwind.
const LAST_WORDS: [&str; 2] = [
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

/// A hook of ours that is somewhere in the chain.
struct Standing {
    /// Its address tells it from others. It is nobody else's while it lives.
    at: usize,
    alive: Weak<()>,
}

static STANDING: Mutex<Vec<Standing>> = Mutex::new(Vec::new());
static RATION: Ration = Ration::of(A_MINUTE);
/// Held by the one thread that waits for hooks which are at work.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Puts our hook in front, where that can be done until then. Whether it was.
///
/// Hooks cannot be changed while one is called, and one of the application's may take its time, or
/// never return: no more than one thread waits for it, and nothing that keeps the time of runs.
pub(crate) async fn stands_in_front(until: tokio::time::Instant) -> bool {
    let standing = async {
        let turn = TURN.lock().await;
        let stand = move || {
            let _turn = turn;
            stand_in_front();
        };
        tokio::task::spawn_blocking(stand).await.is_ok()
    };
    timeout_at(until, standing).await.unwrap_or(false)
}

/// Puts our hook in front of the one that stands, unless it is there already. Waits for hooks that
/// are at work.
///
/// Nothing can look at a hook without taking it: a panic of the application at this very moment
/// meets the standard library's, and one that comes while hooks are waited for waits, too. Where
/// the build aborts at a panic no hook is changed, since the application's is to have its say
/// before the end.
pub(crate) fn stand_in_front() {
    if cfg!(panic = "abort") || thread::panicking() {
        return;
    }
    let mut standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
    let previous = panic::take_hook();
    standing.retain(|hook| hook.alive.strong_count() > 0);
    let is_ours = standing.iter().any(|hook| hook.at == address(&*previous));
    let too_many = standing.len() >= MOST;
    if is_ours || too_many {
        panic::set_hook(previous);
        if too_many && !is_ours {
            log::leave(|| {
                tracing::error!(
                    target: "smoke",
                    "something puts a panic hook in front of the runner's before each run: \
                     the runner's is not put back any more, and a panic of a smoke test is the application's"
                );
            });
        }
        return;
    }
    let alive = Arc::new(());
    let known = Arc::downgrade(&alive);
    let hook: Box<Hook> = Box::new(move |info| {
        let _alive = &alive;
        if !is_of_a_smoke_test(info) || ends_the_process(info) {
            previous(info);
        } else if !log::is_written_here()
            && let Some(left_out) = RATION.line(Instant::now())
        {
            let line = Line::of(info);
            // The subscriber may hold locks here, and a panic of its own would end the process.
            log::leave(move || line.write(left_out));
        }
    });
    standing.push(Standing {
        at: address(&*hook),
        alive: known,
    });
    panic::set_hook(hook);
}

fn address(hook: &Hook) -> usize {
    std::ptr::from_ref(hook).cast::<()>() as usize
}

/// Whether the process aborts after this panic whatever a hook does: the application's is to
/// report it.
fn ends_the_process(info: &PanicHookInfo<'_>) -> bool {
    LAST_WORDS.contains(&message(info.payload()))
        && info
            .location()
            .is_some_and(|location| location.file().ends_with("panicking.rs"))
}

/// What is written of a panic that is not passed on.
struct Line {
    thread: Option<String>,
    place: Option<Place>,
    message: String,
}

impl Line {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        Self {
            thread: thread::current().name().map(str::to_owned),
            place: info.location().map(Place::from),
            message: beginning(message(info.payload()), READ).to_owned(),
        }
    }

    fn write(&self, left_out: u64) {
        let thread = self.thread.as_deref().unwrap_or_default();
        let left_out = some(left_out);
        let message = redact(&self.message);
        match &self.place {
            Some(place) => {
                tracing::warn!(target: "smoke", thread, %place, left_out, "a smoke test panicked: {message}");
            }
            None => {
                tracing::warn!(target: "smoke", thread, left_out, "a smoke test panicked: {message}");
            }
        }
    }
}
