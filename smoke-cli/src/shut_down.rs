//! The end of a process that is there for the tests alone.

use std::thread;

use smoke_core::Runner;

/// Has the runner's connections closed, on whatever thread.
pub(crate) fn shut_down(runner: &Runner) {
    let end = || {
        // Without a runtime they are closed by the end of the process.
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.map(|runtime| runtime.block_on(runner.shutdown()))
    };
    // A runtime cannot be started on a thread of another.
    let _ = thread::scope(|scope| scope.spawn(end).join());
}
