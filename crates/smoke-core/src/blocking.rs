//! Waiting for asynchronous code from threads that may block.

use std::future::Future;

use tokio::runtime::Handle;

use crate::{Error, Result};

/// Runs a future to its end on `stage` from a thread that polls nothing.
pub(crate) fn block_on<Fut: Future>(stage: &Handle, future: Fut) -> Result<Fut::Output> {
    if Handle::try_current().is_ok() {
        return Err(Error::msg("a blocking call in asynchronous code would stop its thread: use the asynchronous form and .await it"));
    }
    Ok(stage.block_on(future))
}
