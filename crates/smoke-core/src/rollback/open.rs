//! One open sandbox and its hard lifetime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{RollbackVerdict, Session};

/// How long the end of a sandbox may take before it is cut.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

/// A sandbox of one test, with the task that ends it when its limit has passed.
pub(crate) struct OpenSandbox {
    session: Arc<dyn Session>,
    limit: Duration,
    past_limit: Arc<AtomicBool>,
    reaper: JoinHandle<()>,
}

impl OpenSandbox {
    /// Takes charge of a session. Runs on `coordinator`, a runtime that never polls user code.
    pub(crate) fn new(coordinator: &Handle, session: Arc<dyn Session>, limit: Duration) -> Self {
        let past_limit = Arc::new(AtomicBool::new(false));
        let reaper = coordinator.spawn({
            let (session, past_limit, coordinator) = (
                Arc::clone(&session),
                Arc::clone(&past_limit),
                coordinator.clone(),
            );
            async move {
                tokio::time::sleep(limit).await;
                past_limit.store(true, Ordering::SeqCst);
                cut(&coordinator, session).await;
            }
        });
        Self {
            session,
            limit,
            past_limit,
            reaper,
        }
    }

    pub(crate) fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// Ends the sandbox and says how it went. Always returns within a bounded time.
    pub(crate) async fn finish(self, coordinator: &Handle) -> RollbackVerdict {
        let session = Arc::clone(&self.session);
        let runtime = coordinator.clone();
        // A backend may block, and a driver may hang: each end has a thread of its own.
        let mut ending = coordinator.spawn_blocking(move || runtime.block_on(session.finish()));
        let verdict = match tokio::time::timeout(FINISH_LIMIT, &mut ending).await {
            Ok(joined) => joined.unwrap_or_else(|error| RollbackVerdict::Unknown {
                cause: format!("the backend panicked: {error}"),
            }),
            Err(_) => {
                cut(coordinator, Arc::clone(&self.session)).await;
                match tokio::time::timeout(FINISH_LIMIT, ending).await {
                    Ok(Ok(verdict)) => verdict,
                    _ => RollbackVerdict::Unknown {
                        cause: format!(
                            "it took longer than {FINISH_LIMIT:?}; the connection was ended from outside"
                        ),
                    },
                }
            }
        };
        self.reaper.abort();
        match verdict {
            // Whatever ended it, what was committed before stays.
            escaped @ RollbackVerdict::Escaped { .. } => escaped,
            _ if self.past_limit.load(Ordering::SeqCst) => RollbackVerdict::PastLimit {
                limit: format!("{:?}", self.limit),
            },
            verdict => verdict,
        }
    }
}

async fn cut(coordinator: &Handle, session: Arc<dyn Session>) {
    let runtime = coordinator.clone();
    let cutting = coordinator.spawn_blocking(move || runtime.block_on(session.cut()));
    if tokio::time::timeout(FINISH_LIMIT, cutting).await.is_err() {
        tracing::error!(target: "smoke", "a sandbox could not be ended from outside within {FINISH_LIMIT:?}; the server's own limits remain");
    }
}
