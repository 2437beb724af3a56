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
        if self.past_limit.load(Ordering::SeqCst) {
            past(self.limit, verdict)
        } else {
            verdict
        }
    }
}

/// What is said of a sandbox that was ended from outside. Whatever ended it, what stays counts more,
/// and so does what may have stayed.
fn past(limit: Duration, verdict: RollbackVerdict) -> RollbackVerdict {
    use RollbackVerdict::{PastLimit, Unknown};
    match verdict {
        Unknown { cause } => Unknown {
            cause: format!(
                "{cause}; it was held for longer than its limit of {limit:?}, and was ended from outside"
            ),
        },
        verdict if verdict.may_have_left_something() => verdict,
        _ => PastLimit {
            limit: format!("{limit:?}"),
        },
    }
}

async fn cut(coordinator: &Handle, session: Arc<dyn Session>) {
    let runtime = coordinator.clone();
    let cutting = coordinator.spawn_blocking(move || runtime.block_on(session.cut()));
    if tokio::time::timeout(FINISH_LIMIT, cutting).await.is_err() {
        tracing::error!(target: "smoke", "a sandbox could not be ended from outside within {FINISH_LIMIT:?}; the server's own limits remain");
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use tokio::sync::Notify;

    use super::*;
    use crate::Result;

    /// A session that ends as it is told, and tells when it is cut.
    struct Told {
        verdict: RollbackVerdict,
        cut: Arc<Notify>,
    }

    impl Session for Told {
        fn checkouts(&self) -> u64 {
            0
        }

        fn enter(&self) -> BoxFuture<'_, Result> {
            Box::pin(async { Ok(()) })
        }

        fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
            Box::pin(async { Ok(()) })
        }

        fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
            Box::pin(async { self.verdict.clone() })
        }

        fn cut(&self) -> BoxFuture<'_, ()> {
            self.cut.notify_one();
            Box::pin(async {})
        }
    }

    async fn past_its_limit(verdict: RollbackVerdict) -> RollbackVerdict {
        let (cut, coordinator) = (Arc::new(Notify::new()), Handle::current());
        let session = Told {
            verdict,
            cut: Arc::clone(&cut),
        };
        let limit = Duration::from_millis(1);
        let sandbox = OpenSandbox::new(&coordinator, Arc::new(session), limit);
        cut.notified().await;
        sandbox.finish(&coordinator).await
    }

    #[tokio::test]
    async fn what_may_have_stayed_counts_more_than_the_limit() {
        let escaped = RollbackVerdict::Escaped {
            how: "COMMIT".to_owned(),
            at: None,
        };
        assert_eq!(past_its_limit(escaped.clone()).await, escaped);
        let tables = vec!["plain".to_owned()];
        let written = RollbackVerdict::NonTransactional { tables };
        assert_eq!(past_its_limit(written.clone()).await, written);
        let cause = "the server no longer knows".to_owned();
        let verdict = past_its_limit(RollbackVerdict::Unknown { cause }).await;
        assert!(
            matches!(verdict, RollbackVerdict::Unknown { .. }),
            "{verdict:?}"
        );
        let said = verdict.to_string();
        assert!(said.contains("the server no longer knows"), "{said}");
        assert!(said.contains("its limit of 1ms"), "{said}");
    }

    #[tokio::test]
    async fn what_was_rolled_back_is_past_its_limit() {
        let lost = RollbackVerdict::ConnectionLost {
            cause: "it was ended from outside".to_owned(),
        };
        for verdict in [lost, RollbackVerdict::RolledBack] {
            let verdict = past_its_limit(verdict).await;
            let limit = "1ms".to_owned();
            assert_eq!(verdict, RollbackVerdict::PastLimit { limit });
        }
    }
}
