//! Lines of the log, written where nobody waits for them.
//!
//! The application's subscriber writes a line on the thread that says it. It may block (a pipe that
//! nobody reads), hold locks where a panic happens, and panic itself. So what keeps the time of runs
//! and what runs in a panic hook leave their lines to one thread.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ration::some;
use crate::thread::{discard, keeps_time, nothing_of_theirs_runs_here, only_smoke_tests_run_here};

/// How many lines may wait to be written. What comes then is left out, and counted.
const LINES: usize = 256;
/// How long a run's answer waits for its line, so that a process that ends then has said it.
const PATIENCE: Duration = Duration::from_millis(50);

type Line = Box<dyn FnOnce() + Send>;

static WRITER: OnceLock<SyncSender<Line>> = OnceLock::new();
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static WRITES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread writes the lines of others: what goes wrong there is not said.
pub(crate) fn is_written_here() -> bool {
    WRITES.try_with(Cell::get).unwrap_or(false)
}

/// Writes a line: here, or on the thread for that where this one keeps the time of runs.
pub(crate) fn line(line: impl FnOnce() + Send + 'static) {
    if keeps_time() {
        leave(line);
    } else {
        line();
    }
}

/// Leaves a line to the thread for that. Never blocks.
pub(crate) fn leave(line: impl FnOnce() + Send + 'static) {
    let writer = WRITER.get_or_init(start_writer);
    if writer.try_send(Box::new(line)).is_err() {
        LEFT_OUT.fetch_add(1, Ordering::SeqCst);
    }
}

/// Leaves a line to the thread for that, and waits until it is written, for a short time.
pub(crate) async fn written(line: impl FnOnce() + Send + 'static) {
    let (tell, told) = oneshot::channel::<()>();
    leave(move || {
        line();
        drop(tell);
    });
    // Closed where the line is written, or was left out.
    let _ = timeout(PATIENCE, told).await;
}

fn start_writer() -> SyncSender<Line> {
    let (sender, lines) = sync_channel(LINES);
    let thread = thread::Builder::new().name("smoke-log".to_owned());
    // Without that thread there are no lines.
    let _ = thread.spawn(move || write_all(&lines));
    sender
}

fn write_all(lines: &Receiver<Line>) {
    only_smoke_tests_run_here();
    nothing_of_theirs_runs_here();
    WRITES.set(true);
    for line in lines {
        write(line);
        if let Some(left_out) = some(LEFT_OUT.swap(0, Ordering::SeqCst)) {
            write(move || {
                tracing::warn!(target: "smoke", left_out, "lines of the log were left out: those before them took too long to write");
            });
        }
    }
}

fn write(line: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(line)) {
        discard(payload);
    }
}
