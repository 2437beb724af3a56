//! The endpoint behind `axum::serve`, in ways that the conformance suite does not take.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Router, ServiceExt};
use smoke_axum::{SmokeLayer, SmokeService, routes};
use smoke_testing::wire::exchange;
use support::runner;
use tokio::net::TcpListener;
use tower::Layer;
use tower::make::Shared;

fn shop() -> Router {
    Router::new().route("/", get(async || "the shop"))
}

fn shop_with_peer() -> Router {
    shop().route(
        "/peer",
        get(async |peer: ConnectInfo<SocketAddr>| peer.ip().to_string()),
    )
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The body of the answer to a request as old probers send it.
async fn body(address: SocketAddr, line: &str) -> String {
    body_of(address, &format!("{line} HTTP/1.0")).await
}

async fn body_of(address: SocketAddr, head: &str) -> String {
    let request = format!("{head}\r\n\r\n");
    let answer = exchange(address, &request).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn assert_serves(address: SocketAddr) {
    assert_eq!(body(address, "GET /").await, "the shop");
    let answer = body(address, "GET /smoketest/").await;
    assert!(answer.starts_with("PASS\n"), "{answer}");
}

#[tokio::test]
async fn one_service_for_all_connections_is_served() {
    let (listener, address) = listen().await;
    let app = SmokeLayer::new(runner()).layer(shop());
    tokio::spawn(axum::serve(listener, Shared::new(app)).into_future());
    assert_serves(address).await;
}

#[tokio::test]
async fn the_peer_of_a_connection_is_known_behind_the_layer() {
    let (listener, address) = listen().await;
    let app = shop_with_peer().layer(SmokeLayer::new(runner()));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, app).into_future());
    assert_serves(address).await;
    assert_eq!(body(address, "GET /peer").await, "127.0.0.1");

    let (listener, address) = listen().await;
    let app = SmokeLayer::new(runner()).layer(shop_with_peer());
    let app = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app);
    tokio::spawn(axum::serve(listener, app).into_future());
    assert_serves(address).await;
    assert_eq!(body(address, "GET /peer").await, "127.0.0.1");
}

#[tokio::test]
async fn a_forged_header_reaches_no_handler_wherever_the_layer_stands() {
    let shop = || {
        let headers = async |headers: HeaderMap| format!("{headers:?}");
        Router::new().route("/", get(headers))
    };
    let forged = "GET / HTTP/1.0\r\nX-Smoke-Request: v1\r\nx-smoke-request: v1\r\nx-mark: 1";
    let (listener, address) = listen().await;
    let app = shop().layer(SmokeLayer::new(runner()));
    tokio::spawn(axum::serve(listener, app).into_future());
    assert_eq!(body_of(address, forged).await, r#"{"x-mark": "1"}"#);

    let (listener, address) = listen().await;
    let app = SmokeLayer::new(runner()).layer(shop());
    tokio::spawn(axum::serve(listener, Shared::new(app)).into_future());
    assert_eq!(body_of(address, forged).await, r#"{"x-mark": "1"}"#);
}

#[tokio::test]
async fn a_private_port_is_served() {
    for app in [
        routes(runner()),
        Router::new().fallback_service(SmokeService::new(runner())),
    ] {
        let (listener, address) = listen().await;
        tokio::spawn(axum::serve(listener, app).into_future());
        let answer = body(address, "GET /smoketest/").await;
        assert!(answer.starts_with("PASS\n"), "{answer}");
        assert!(!body(address, "GET /").await.contains("the shop"));
    }
}
