//! What a runner does by itself: its schedules, and the drain.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{join_all, select_all};
use smoke_report::{Change, Reason};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant as TokioInstant, sleep_until};

use crate::run::Ask;
use crate::watch::{Ran, Watch, first, next};
use crate::{Runner, Schedule, log};

/// Nobody waits longer for a drain.
const LONGEST_DRAIN: Duration = Duration::from_secs(24 * 60 * 60);

impl Runner {
    /// Starts the schedules of the registry. Nothing else does: call it once migrations are done and
    /// the service listens. A second call does nothing.
    ///
    /// The first run of each begins within five seconds. They live on the runner's own threads, as all
    /// runs do, and end with [`shutdown`](Self::shutdown), or when the last handle is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use smoke_core::{Registry, Runner, Schedule, Test};
    ///
    /// let registry = Registry::new()
    ///     .test(Test::new("shop::opens", async || {}))
    ///     .schedule(Schedule::every(Duration::from_secs(30)));
    /// let runner = Runner::new(registry);
    /// // Migrations, and the port.
    /// runner.start();
    /// ```
    pub fn start(&self) {
        let watch = self.watch();
        if !watch.start(Instant::now()) || self.schedules().is_empty() {
            return;
        }
        match self.coordinator() {
            Ok(coordinator) => {
                coordinator.spawn(keep_all(self));
            }
            Err(error) => {
                tracing::error!(target: "smoke", "the schedules could not be started: {error:#}");
                watch.died();
            }
        }
    }

    /// Calls a function when scheduled runs have decided that a test is down, or up again: after
    /// [`fail_after`](crate::Registry::fail_after) failures or
    /// [`recover_after`](crate::Registry::recover_after) passes in a row.
    ///
    /// The first that is known of a test is told of only where it is down. Nothing is told while the
    /// instance drains. Each function is called on a thread of its own, one change after the other, so
    /// it may block: it holds up no run. One that is 256 changes behind misses the next.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    ///
    /// # Examples
    ///
    /// ```
    /// # use smoke_core::{Registry, Runner, Test};
    /// # fn post(json: String) {}
    /// # fn main() -> std::io::Result<()> {
    /// # let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
    /// runner.on_change(|change| {
    ///     let json = serde_json::to_string(&change).expect("a change is always serializable");
    ///     post(json); // to a webhook, with a time-out
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_change(&self, listener: impl Fn(Change) + Send + 'static) -> std::io::Result<()> {
        self.watch().listeners().add(listener)
    }

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
    pub async fn drain(&self, time: Duration) {
        let until = TokioInstant::now() + time.min(LONGEST_DRAIN);
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
async fn ends(mut end: watch::Receiver<Option<TokioInstant>>) {
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

/// Says that the scheduler is dead where it ends without being told to: a panic, a runtime that ends.
struct Mourner {
    watch: Arc<Watch>,
    is_told: bool,
}

impl Mourner {
    fn told(mut self) {
        self.is_told = true;
    }
}

impl Drop for Mourner {
    fn drop(&mut self) {
        if !self.is_told {
            self.watch.died();
        }
    }
}

/// Keeps all schedules of a runner until it is shut down.
fn keep_all(runner: &Runner) -> impl Future<Output = ()> + Send + use<> {
    let mut shut = runner.shut();
    let mourner = Mourner {
        watch: Arc::clone(runner.watch()),
        is_told: false,
    };
    let schedules = runner.schedules().iter().enumerate();
    let kept: Vec<_> = schedules
        .map(|(position, schedule)| {
            let (schedule, runner) = (schedule.clone(), runner.weak());
            keep(schedule.period(), move || {
                let (schedule, runner) = (schedule.clone(), runner());
                async move {
                    if let Some(runner) = runner {
                        run(&runner, position, &schedule).await;
                    }
                }
            })
        })
        .collect();
    async move {
        tokio::select! {
            // An error where nobody has the runner any more.
            _ = shut.wait_for(|shut| *shut) => mourner.told(),
            _ = join_all(kept) => drop(mourner),
        }
    }
}

/// Runs something again and again. One that panics is not the last.
async fn keep<F: Future<Output = ()>>(period: Duration, mut run: impl FnMut() -> F) {
    let mut due = TokioInstant::now() + first(period, fastrand::f64());
    loop {
        sleep_until(due).await;
        let began = TokioInstant::now();
        if AssertUnwindSafe(async { run().await })
            .catch_unwind()
            .await
            .is_err()
        {
            log::line(|| {
                tracing::error!(target: "smoke", "a scheduled run panicked outside of its tests");
            });
        }
        let ended = TokioInstant::now();
        due = next(
            period,
            (began.into_std(), ended.into_std()),
            fastrand::f64(),
        )
        .into();
    }
}

/// One scheduled run, unless there is to be none.
async fn run(runner: &Runner, position: usize, schedule: &Schedule) {
    let watch = runner.watch();
    if watch.is_draining() || runner.off().is_some() {
        return;
    }
    let began = Instant::now();
    let answer = runner.ask(Ask::scheduled(schedule.selection())).await;
    // Whoever switches runs off says nothing of the application.
    if answer.reason == Some(Reason::Off) {
        return;
    }
    let ran = Ran {
        schedule: position,
        began,
        report: &answer.report,
        reason: answer.reason,
    };
    watch.learn(&ran, Instant::now());
}

#[cfg(test)]
mod tests;
