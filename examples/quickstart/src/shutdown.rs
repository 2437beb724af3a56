//! The end of the service.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result};
use smoke_axum::Runner;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long a load balancer may take to notice: twice five seconds between its probes. A second
/// signal ends it.
const DRAIN: Duration = Duration::from_secs(10);
/// How long requests may take to end once the drain is over.
const GRACE: Duration = Duration::from_secs(5);

/// Whether the service was told to end.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for SIGTERM and Ctrl-C.
    pub(crate) fn listen() -> Result<Self> {
        let (told, stop) = watch::channel(false);
        let mut terminate =
            signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
        let mut interrupt =
            signal(SignalKind::interrupt()).context("failed to listen for Ctrl-C")?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("shutting down");
            told.send_replace(true);
        });
        Ok(Self(stop))
    }

    async fn told(mut self) {
        // The sender is dropped after it was told.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Ends when the server is to take no more requests. Smoke tests that run are stopped, rolled
    /// back and answered before, which takes two seconds at most.
    pub(crate) fn graceful(&self, runner: Runner) -> impl Future<Output = ()> + use<> {
        let stop = self.clone();
        async move {
            stop.told().await;
            runner.drain(DRAIN).await;
            runner.shutdown().await;
        }
    }

    /// Ends when no request is waited for any more.
    pub(crate) async fn too_late(self) {
        self.told().await;
        tokio::time::sleep(DRAIN + GRACE).await;
        tracing::warn!("requests did not end within {GRACE:?}");
    }
}
