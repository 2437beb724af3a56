//! Threads to connect on: r2d2 would start three for each sandbox.

use std::sync::Arc;

use scheduled_thread_pool::{OnPoolDropBehavior, ScheduledThreadPool};

/// Starts that many, with names that begin so.
pub(super) fn start(name: &str, threads: usize) -> Arc<ScheduledThreadPool> {
    Arc::new(
        ScheduledThreadPool::builder()
            .num_threads(threads)
            .thread_name_pattern(&format!("smoke-{name}-{{}}"))
            .on_drop_behavior(OnPoolDropBehavior::DiscardPendingScheduled)
            .build(),
    )
}
