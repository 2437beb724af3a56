//! What a runner does by itself: its schedules.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::join_all;
use smoke_report::{Change, Reason};
use tokio::time::{Instant as TokioInstant, sleep_until};

use crate::run::Ask;
use crate::watch::{Ran, Watch, first, next};
use crate::{Runner, Schedule, log};

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
    let watch = Arc::clone(runner.watch());
    let schedules = runner.schedules().iter().enumerate();
    let kept: Vec<_> = schedules
        .map(|(position, schedule)| {
            let (schedule, runner) = (schedule.clone(), runner.weak());
            let watch = Arc::clone(&watch);
            let plan = move |due| watch.plan(position, due);
            keep(schedule.period(), plan, move || {
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

/// Runs something again and again, and says when the next time is. One that panics is not the last.
async fn keep<F: Future<Output = ()>>(
    period: Duration,
    plan: impl Fn(Option<Instant>),
    mut run: impl FnMut() -> F,
) {
    let mut due = TokioInstant::now() + first(period, fastrand::f64());
    loop {
        plan(Some(due.into_std()));
        sleep_until(due).await;
        plan(None);
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
    watch.begin(position, began);
    let selection = schedule.selection().of_schedule(runner.tests());
    let answer = runner.ask(Ask::scheduled(selection)).await;
    // That runs are switched off says nothing about the application.
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
