//! Applying the layer starts nothing and says nothing.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use axum::Router;
use axum::routing::get as route_get;
use smoke_axum::{Registry, Runner, SmokeLayer, routes};
use smoke_testing::Log;
use support::get;

fn shop(routes: usize) -> Router {
    (0..routes).fold(Router::new(), |shop, at| {
        shop.route(&format!("/{at}"), route_get(async || "a page"))
    })
}

#[test]
fn a_mistake_is_said_once_however_many_routes_there_are() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let runner = Runner::new(Registry::new());
        assert_eq!(log.lines().len(), 1, "no tests are registered");
        let _app = shop(50)
            .merge(routes(&runner))
            .layer(SmokeLayer::new(&runner));
        assert_eq!(log.lines().len(), 1);
    });
}

/// The threads of runners in this process, as Linux names them.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.starts_with("smoke-")).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn threads_are_started_by_the_first_run() {
    let app = shop(50).layer(SmokeLayer::new(support::runner()));
    assert_eq!(get(&app, "/7").await.body, "a page");
    assert_eq!(threads(), 0);
    assert!(get(&app, "/smoketest/").await.is_ours());
    assert!(threads() > 0);
}
