//! The time in which load balancers notice that an instance is about to end.

use std::time::Duration;

use futures_util::future::select_all;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::{Runner, log};

/// Upper bound of a drain.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Runner {
    /// Makes `ready` a FAIL, so that load balancers send their traffic elsewhere, and gives them that
    /// time to notice. Everything else goes on meanwhile, but no scheduled run starts.
    ///
    /// Call it first when the service is told to end, then [`shutdown`](Self::shutdown), then close the
    /// port. The time is what a prober needs: its interval times the failures that it counts, plus its
    /// time-out; together with the rest of the shutdown it has to fit into the grace period of whatever
    /// ends the process.
    ///
    /// Returns earlier at a SIGTERM or SIGINT (Ctrl-C) that comes meanwhile, and where a second call is
    /// over earlier: `drain(Duration::ZERO)` ends it. Returns at once after a shutdown.
    ///
    /// It listens for these signals as `tokio::signal` does: from then on they no longer end the process
    /// by themselves.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use smoke_core::Runner;
    ///
    /// async fn end(runner: Runner, signal: impl Future<Output = ()>) {
    ///     signal.await;
    ///     runner.drain(Duration::from_secs(10)).await;
    ///     runner.shutdown().await;
    /// }
    /// ```
    pub async fn drain(&self, time: Duration) {
        let until = Instant::now() + time.min(LONGEST);
        let Ok(coordinator) = self.coordinator() else {
            self.watch().drain(until);
            return;
        };
        // Before anybody can see that the drain has begun.
        let signals = Signals::listen(&coordinator);
        let end = self.watch().drain(until);
        log::line(move || {
            tracing::info!(target: "smoke", ?time, "draining: ready is no longer a pass");
        });
        // A set, so that nothing goes on waiting for somebody who has gone away.
        let mut waiting = JoinSet::new();
        let over = async {
            tokio::select! {
                () = ends(end) => {}
                () = signals.one() => {}
            }
        };
        waiting.spawn_on(over, &coordinator);
        waiting.join_next().await;
    }
}

/// Waits for the end of a drain, which may be moved.
async fn ends(mut end: watch::Receiver<Option<Instant>>) {
    loop {
        let Some(until) = *end.borrow_and_update() else {
            return;
        };
        tokio::select! {
            () = sleep_until(until) => return,
            changed = end.changed() => if changed.is_err() {
                return sleep_until(until).await;
            },
        }
    }
}

/// The signals by which a service is told to end.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn listen(runtime: &Handle) -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let _within = runtime.enter();
        let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
        Self(kinds.into_iter().flat_map(signal).collect())
    }

    /// Waits for one of them. Where they cannot be listened for, none comes.
    async fn one(mut self) {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        select_all(self.0.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    }
}

/// The signal by which a service is told to end.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen(_: &Handle) -> Self {
        Self
    }

    async fn one(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
