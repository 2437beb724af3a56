//! The stack at work, asked from outside.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use smoke_core::{AppFactory, Registry, Runner, Selection, Test, TestReport};
use tokio::sync::mpsc;

use super::Shop;
use super::shop::Drawer;
use super::stack::{Feature, Served, Site, Stack};
use super::wire::{self, Answer};
use crate::paper::Paper;

/// Makes sites of a stack.
pub(super) struct Bench<S> {
    pub(super) stack: S,
}

/// A stack that serves.
pub(super) struct Open {
    pub(super) address: SocketAddr,
    pub(super) runner: Runner,
    /// Sends a chunk of the application's stream; dropped, the stream ends.
    pub(super) chunk: mpsc::UnboundedSender<Bytes>,
    _served: Served,
}

impl<S: Stack> Bench<S> {
    pub(super) fn new(stack: S) -> Self {
        Self { stack }
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        !self.stack.lacks(feature)
    }

    /// Serves the application with an endpoint of that registry.
    pub(super) async fn serve(&self, registry: Registry) -> Result<Open, String> {
        self.serve_at(None, registry).await
    }

    pub(super) async fn serve_at(
        &self,
        prefix: Option<&str>,
        registry: Registry,
    ) -> Result<Open, String> {
        let runner = Runner::new(registry);
        let (shop, chunk) = Shop::of_production();
        let site = Site {
            prefix: prefix.map(str::to_owned),
            ..Site::new(runner.clone(), shop)
        };
        let failed = |error: io::Error| format!("the stack cannot be served: {error}");
        let served = self.stack.serve(site).await.map_err(failed)?;
        Ok(Open {
            address: served.address,
            runner,
            chunk,
            _served: served,
        })
    }

    /// The application under test, where there is one.
    pub(super) fn app(&self) -> Option<AppFactory> {
        self.stack.app(Runner::new(passing().open()))
    }

    /// A registry with the application under test on paper; none where there is no such
    /// application.
    pub(super) fn in_process(&self, paper: &Paper) -> Option<Registry> {
        let registry = Registry::new()
            .rollback(paper.clone())
            .provide(Drawer::default());
        self.app().map(|app| registry.app(app))
    }
}

impl Open {
    /// The answer to a GET.
    pub(super) async fn get(&self, target: &str) -> Result<Answer, String> {
        wire::get(self.address, target).await
    }
}

/// A registry of one fast test that passes, and a slow one.
pub(super) fn passing() -> Registry {
    Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::counts_the_till", async || {}).slow())
        .build_id("4f2a91c")
        .instance("till-1")
}

/// Runs the only test of a registry.
pub(super) async fn only(registry: Registry) -> Result<TestReport, String> {
    let mut report = Runner::new(registry).run(Selection::slow()).await;
    if report.tests.len() == 1 {
        return Ok(report.tests.remove(0));
    }
    Err(format!("the run was not begun: {:?}", report.reasons))
}
