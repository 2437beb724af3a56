//! What a request that is not ours costs in memory.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::Arc;

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use futures_util::FutureExt;
use smoke_axum::SmokeLayer;
use support::runner;
use tower::util::MapRequestLayer;
use tower::{Layer, Service};

/// How often memory is allocated for one request, the handler's own work included.
fn cost<S>(service: &mut S) -> u64
where
    S: Service<Request, Response = Response, Error: std::fmt::Debug>,
{
    cost_of("/users", service)
}

fn cost_of<S>(path: &str, service: &mut S) -> u64
where
    S: Service<Request, Response = Response, Error: std::fmt::Debug>,
{
    let mut ask = || {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let mut status = None;
        let info = measure(|| {
            let response = service.call(request).now_or_never().unwrap().unwrap();
            status = Some(response.status());
        });
        assert_eq!(status.unwrap(), 200);
        info.count_total
    };
    ask();
    ask()
}

fn shop() -> Router {
    Router::new().route("/users", get(async || "the users"))
}

#[test]
fn around_the_router_the_layer_allocates_nothing() {
    let mut layered = SmokeLayer::new(runner()).layer(shop());
    assert_eq!(cost(&mut layered), cost(&mut shop()));
}

#[test]
fn on_the_router_it_costs_what_a_layer_costs_that_does_nothing() {
    let held = Arc::new(());
    let idle = MapRequestLayer::new(move |request: Request| {
        let _ = &held;
        request
    });
    let mut layered = shop().layer(SmokeLayer::new(runner()));
    assert_eq!(cost(&mut layered), cost(&mut shop().layer(idle)));
}

#[test]
fn a_probe_path_allocates_no_more_than_a_handler_that_answers_with_a_word() {
    let mut layered = SmokeLayer::new(runner()).layer(shop());
    let handler = cost_of("/users", &mut layered);
    for path in ["/smoketest/live", "/smoketest/ready", "/smoketest/startup"] {
        let probe = cost_of(path, &mut layered);
        assert!(probe <= handler, "{path}: {probe} instead of {handler}");
    }
}
