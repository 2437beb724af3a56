//! One open sandbox and its hard lifetime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{Berth, RollbackVerdict, Session};
use crate::log;
use crate::theirs::said;
use crate::timing::Timing;

/// A sandbox of one test, with the task that ends it when its limit has passed.
pub(crate) struct OpenSandbox {
    session: Arc<dyn Session>,
    limit: Duration,
    opened: Instant,
    past_limit: Arc<AtomicBool>,
    scissors: Arc<Scissors>,
    reaper: JoinHandle<()>,
}

impl OpenSandbox {
    /// Takes charge of a session. Runs on `coordinator`, a runtime that never polls user code.
    pub(crate) fn new(
        coordinator: &Handle,
        (session, berth): (Arc<dyn Session>, Berth),
        (limit, timing): (Duration, &Arc<Timing>),
    ) -> Self {
        let past_limit = Arc::new(AtomicBool::new(false));
        let scissors = Arc::new(Scissors {
            session: Arc::clone(&session),
            berth,
            timing: Arc::clone(timing),
            coordinator: coordinator.clone(),
            ended: AtomicBool::new(false),
            under_way: tokio::sync::Mutex::new(None),
        });
        let reaper = coordinator.spawn({
            let (past_limit, scissors) = (Arc::clone(&past_limit), Arc::clone(&scissors));
            async move {
                tokio::time::sleep(limit).await;
                past_limit.store(true, Ordering::SeqCst);
                while !scissors.cut().await {
                    tokio::time::sleep(scissors.timing.again).await;
                }
            }
        });
        Self {
            session,
            limit,
            opened: Instant::now(),
            past_limit,
            scissors,
            reaper,
        }
    }

    /// The limit, where it was held for longer than that.
    pub(crate) fn past_limit(&self) -> Option<Duration> {
        let past_limit = self.past_limit.load(Ordering::SeqCst);
        past_limit.then_some(self.limit)
    }

    pub(crate) fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// Ends the sandbox and says how it went, and how long the next one has to wait. Always returns
    /// within a bounded time.
    pub(crate) async fn finish(self, coordinator: &Handle) -> (RollbackVerdict, Duration) {
        let (session, opened) = (Arc::clone(&self.session), self.opened);
        let berth = self.scissors.berth.clone();
        let verdict = self.end(coordinator).await;
        (
            verdict,
            berth.pause(opened, session.held(), |held| session.pause(held)),
        )
    }

    async fn end(self, coordinator: &Handle) -> RollbackVerdict {
        let session = Arc::clone(&self.session);
        let (runtime, limit) = (coordinator.clone(), self.scissors.timing.sandbox);
        // A backend may block, and a driver may hang: each end has a thread of its own.
        let mut ending = coordinator.spawn_blocking(move || runtime.block_on(session.finish()));
        let mut in_time = true;
        let verdict = match tokio::time::timeout(limit, &mut ending).await {
            Ok(joined) => joined.unwrap_or_else(|error| RollbackVerdict::Unknown {
                cause: format!("the backend panicked: {}", said(error)),
            }),
            Err(_) => {
                in_time = false;
                self.scissors.cut().await;
                match tokio::time::timeout(limit, ending).await {
                    Ok(Ok(verdict)) => verdict,
                    Ok(Err(error)) => RollbackVerdict::Unknown {
                        cause: format!("the backend panicked: {}", said(error)),
                    },
                    Err(_) => RollbackVerdict::Unknown {
                        cause: format!("it took longer than {limit:?}"),
                    },
                }
            }
        };
        self.reaper.abort();
        let past_limit = self.past_limit.load(Ordering::SeqCst);
        let is_held = matches!(verdict, RollbackVerdict::Straggler { .. });
        let may_go_on = !verdict.is_rolled_back() && (past_limit || is_held || !in_time);
        let verdict = if may_go_on && !self.scissors.cut().await {
            not_ended(verdict)
        } else {
            verdict
        };
        if past_limit {
            past(self.limit, verdict)
        } else {
            verdict
        }
    }
}

/// The verdict of a sandbox that could not be ended from outside.
fn not_ended(verdict: RollbackVerdict) -> RollbackVerdict {
    let found = match &verdict {
        RollbackVerdict::Unknown { cause } => cause.clone(),
        verdict if verdict.may_have_left_something() => return verdict.clone(),
        verdict => verdict.to_string(),
    };
    RollbackVerdict::Unknown {
        cause: format!("{found}; it could not be ended from outside, and may go on"),
    }
}

/// What is said of a sandbox that was ended from outside. Whatever ended it, what stays counts more,
/// and so does what may have stayed.
fn past(limit: Duration, verdict: RollbackVerdict) -> RollbackVerdict {
    use RollbackVerdict::{PastLimit, Unknown};
    match verdict {
        Unknown { cause } => Unknown {
            cause: format!("{cause}; it was held for longer than its limit of {limit:?}"),
        },
        verdict if verdict.may_have_left_something() => verdict,
        _ => PastLimit {
            limit: format!("{limit:?}"),
        },
    }
}

/// Ends a sandbox from outside.
struct Scissors {
    session: Arc<dyn Session>,
    /// Where its connection is not to be kept once it was ended from outside.
    berth: Berth,
    timing: Arc<Timing>,
    coordinator: Handle,
    /// Whether it is known to have ended.
    ended: AtomicBool,
    /// One at a time, while it may still succeed.
    under_way: tokio::sync::Mutex<Option<Cutting>>,
}

/// An attempt, which holds a thread for as long as its driver wants to.
struct Cutting {
    begun: Instant,
    task: JoinHandle<bool>,
}

impl Scissors {
    /// Whether it is known to have ended, after a bounded time.
    async fn cut(&self) -> bool {
        let mut under_way = self.under_way.lock().await;
        if self.ended.load(Ordering::SeqCst) {
            return true;
        }
        let given_up = |cutting: &mut Cutting| cutting.begun.elapsed() >= self.timing.attempt;
        drop(under_way.take_if(given_up));
        let cutting = under_way.get_or_insert_with(|| {
            let (runtime, session) = (self.coordinator.clone(), Arc::clone(&self.session));
            let kept = self.berth.give_up();
            let cut = move || {
                drop(kept);
                runtime.block_on(session.cut())
            };
            Cutting {
                begun: Instant::now(),
                task: self.coordinator.spawn_blocking(cut),
            }
        });
        let limit = self.timing.sandbox;
        let Ok(cut) = tokio::time::timeout(limit, &mut cutting.task).await else {
            log::line(move || {
                tracing::error!(target: "smoke", "a sandbox could not be ended from outside within {limit:?}; the server's own limits remain");
            });
            return false;
        };
        *under_way = None;
        let ended = cut.unwrap_or_else(|error| {
            drop(said(error));
            false
        });
        self.ended.store(ended, Ordering::SeqCst);
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::BoxFuture;
    use tokio::sync::Notify;

    use super::*;
    use crate::Result;

    /// A session that ends as it is told, and tells when it is cut.
    struct Told {
        verdict: RollbackVerdict,
        cut: Arc<Notify>,
        /// How often it cannot be cut.
        resists: AtomicUsize,
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

        fn cut(&self) -> BoxFuture<'_, bool> {
            let resists = |times: usize| times.checked_sub(1);
            let resisted = self
                .resists
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, resists);
            if resisted.is_err() {
                self.cut.notify_one();
            }
            Box::pin(async move { resisted.is_err() })
        }
    }

    async fn past_its_limit(verdict: RollbackVerdict) -> RollbackVerdict {
        let (cut, coordinator) = (Arc::new(Notify::new()), Handle::current());
        let session = Told {
            verdict,
            cut: Arc::clone(&cut),
            resists: AtomicUsize::new(0),
        };
        let limit = Duration::from_millis(1);
        let sandbox = OpenSandbox::new(
            &coordinator,
            (Arc::new(session), Berth::none()),
            (limit, &Arc::default()),
        );
        cut.notified().await;
        sandbox.finish(&coordinator).await.0
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

    fn straggler() -> RollbackVerdict {
        RollbackVerdict::Straggler {
            holder: "a task".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_cannot_be_ended_is_ended_again() {
        let (cut, coordinator) = (Arc::new(Notify::new()), Handle::current());
        let session = Told {
            verdict: straggler(),
            cut: Arc::clone(&cut),
            resists: AtomicUsize::new(2),
        };
        let limit = Duration::from_millis(1);
        let sandbox = OpenSandbox::new(
            &coordinator,
            (Arc::new(session), Berth::none()),
            (limit, &Arc::default()),
        );
        // Without anybody who asks for it.
        cut.notified().await;
        let (verdict, _) = sandbox.finish(&coordinator).await;
        let limit = "1ms".to_owned();
        assert_eq!(verdict, RollbackVerdict::PastLimit { limit });
    }

    #[tokio::test]
    async fn what_could_not_be_ended_may_go_on() {
        for limit in [Duration::from_millis(1), Duration::from_secs(60)] {
            let coordinator = Handle::current();
            let session = Told {
                verdict: straggler(),
                cut: Arc::default(),
                resists: AtomicUsize::new(usize::MAX),
            };
            let sandbox = OpenSandbox::new(
                &coordinator,
                (Arc::new(session), Berth::none()),
                (limit, &Arc::default()),
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
            let (verdict, _) = sandbox.finish(&coordinator).await;
            let said = verdict.to_string();
            assert!(
                matches!(verdict, RollbackVerdict::Unknown { .. }),
                "{verdict:?}"
            );
            assert!(said.contains("could not be ended from outside"), "{said}");
        }
    }

    #[tokio::test]
    async fn an_attempt_that_hangs_is_given_up_for_another_one() {
        for (begun, ends) in [(Duration::ZERO, false), (Timing::default().attempt, true)] {
            let session = Told {
                verdict: straggler(),
                cut: Arc::default(),
                resists: AtomicUsize::new(0),
            };
            let hangs = Cutting {
                begun: Instant::now() - begun,
                task: tokio::spawn(std::future::pending()),
            };
            let scissors = Scissors {
                session: Arc::new(session),
                berth: Berth::none(),
                timing: Arc::default(),
                coordinator: Handle::current(),
                ended: AtomicBool::new(false),
                under_way: tokio::sync::Mutex::new(Some(hangs)),
            };
            assert_eq!(scissors.cut().await, ends);
        }
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
