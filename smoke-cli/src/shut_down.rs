//! The end of a process that is there for the tests alone.

use smoke_core::Runner;

use crate::apart::apart;

/// Has the runner's connections closed, on whatever thread.
pub(crate) fn shut_down(runner: &Runner) {
    // Without a runtime, and where that panics, they are closed by the end of the process.
    let _ = apart(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.map(|runtime| runtime.block_on(runner.shutdown()))
    });
}
