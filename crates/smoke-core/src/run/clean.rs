//! What is done after a test: its finishers, where tests run.

use super::engine::Engine;
use crate::errand::beside;
use crate::fixture::finisher::{self, Finisher};
use crate::rollback::HandleWatch;
use crate::{Context, Result};

/// Runs the finishers where tests run, each for a bounded time; the result with what went wrong then.
pub(super) async fn clean(
    engine: &Engine,
    cx: &Context,
    working: &mut HandleWatch,
    mut result: Result,
) -> Result {
    let mut alive = None;
    while let Some(finisher) = cx.next_finisher() {
        alive.get_or_insert_with(|| cx.alive_again(working));
        if let Err(error) = finish(engine, cx, finisher).await {
            let message = format!("tear-down failed: {}", error.message());
            result = beside(result, error.reworded(message));
        }
    }
    result
}

async fn finish(engine: &Engine, cx: &Context, finisher: Finisher) -> Result {
    let stage = engine.stage_for_tests().await?;
    finisher::finish(cx, &stage, finisher, || engine.suspect(&cx.names().0)).await
}
