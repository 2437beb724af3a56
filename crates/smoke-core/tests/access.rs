//! Nothing in the head of a request makes a stranger trusted.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::net::SocketAddr;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use smoke_core::{Endpoint, Registry, Runner, Test};
use tokio::runtime::Runtime;

const TOKENS: [&str; 2] = ["t0ken-of-today", "t0ken-of-tomorrow"];

fn endpoint() -> Endpoint {
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}).slow())
        .token(TOKENS[0])
        .token(TOKENS[1])
        .allow(["10.0.0.0/8"])
        .proxies(["192.0.2.0/24"])
        .allow_if(|head| head.headers["x-till"] == "1");
    Endpoint::new(Runner::new(registry))
}

/// The status of the answer to whoever asks for the slow tests from there with these headers.
async fn status(
    endpoint: &Endpoint,
    peer: SocketAddr,
    headers: &[(HeaderName, HeaderValue)],
) -> u16 {
    let mut request = Request::get("/smoketest/slow/")
        .extension(peer)
        .body(())
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().append(name, value.clone());
    }
    let head = request.into_parts().0;
    let route = endpoint.route("/smoketest/slow/").unwrap();
    endpoint.answer(route, &head).await.status().as_u16()
}

/// Headers of whoever would like to be trusted; the token is not among them, nor what the closure
/// looks for.
fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let names = [
        "authorization",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "via",
        "host",
    ];
    let value = prop_oneof![
        select(&[
            "10.0.0.7",
            "10.0.0.7, 192.0.2.1",
            "for=10.0.0.7",
            "for=\"10.0.0.7",
            "Bearer t0ken-of-toda",
            "Bearer",
            "Basic OnQwa2VuLW9mLXRvZGE=",
            "1.1 192.0.2.1",
        ])
        .prop_map(|value| value.as_bytes().to_vec()),
        vec(any::<u8>(), 0..40),
    ];
    let header =
        (select(names.to_vec()), value).prop_filter_map("it can be sent", |(name, value)| {
            let value = HeaderValue::from_bytes(&value).ok()?;
            Some((HeaderName::from_static(name), value))
        });
    vec(header, 0..5)
}

#[test]
fn no_head_of_a_stranger_has_the_slow_tests_run() {
    let (runtime, endpoint) = (Runtime::new().unwrap(), endpoint());
    let peers = [
        "203.0.113.5:80",
        "[2001:db8::1]:80",
        "[::ffff:203.0.113.5]:80",
    ];
    proptest!(|(headers in headers(), peer in select(peers.to_vec()), forwarded: bool)| {
        let mut headers = headers;
        let mut peer: SocketAddr = peer.parse().unwrap();
        if forwarded {
            // What the proxy says of whom it serves comes last.
            let client = HeaderValue::try_from(peer.ip().to_string()).unwrap();
            headers.push((HeaderName::from_static("x-forwarded-for"), client));
            peer = SocketAddr::from(([192, 0, 2, 1], 80));
        }
        prop_assert_eq!(runtime.block_on(status(&endpoint, peer, &headers)), 401);
    });
}

#[tokio::test]
async fn each_way_to_be_trusted_has_the_slow_tests_run() {
    let endpoint = endpoint();
    let far = SocketAddr::from(([203, 0, 113, 5], 80));
    let near = SocketAddr::from(([10, 0, 0, 7], 80));
    let proxy = SocketAddr::from(([192, 0, 2, 1], 80));
    let header = |name: &'static str, value: &'static str| {
        [(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )]
    };
    for token in ["Bearer t0ken-of-today", "Bearer t0ken-of-tomorrow"] {
        let header = header(AUTHORIZATION.as_str(), token);
        assert_eq!(status(&endpoint, far, &header).await, 200);
    }
    // A browser's, once it has been asked on the page.
    let basic = header(AUTHORIZATION.as_str(), "Basic OnQwa2VuLW9mLXRvZGF5");
    let heard = if cfg!(feature = "page") { 200 } else { 401 };
    assert_eq!(status(&endpoint, far, &basic).await, heard);
    assert_eq!(status(&endpoint, near, &[]).await, 200);
    let served = header("x-forwarded-for", "10.0.0.7");
    assert_eq!(status(&endpoint, proxy, &served).await, 200);
    assert_eq!(status(&endpoint, near, &served).await, 401);
    assert_eq!(status(&endpoint, far, &header("x-till", "1")).await, 200);
    // The closure panics where its header is not there.
    assert_eq!(status(&endpoint, far, &[]).await, 401);
}

#[tokio::test]
async fn where_the_server_tells_no_peer_no_network_is_trusted() {
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}))
        .allow(["0.0.0.0/0", "::/0"]);
    let endpoint = Endpoint::new(Runner::new(registry));
    for (peer, status) in [
        (None, 403),
        (Some(SocketAddr::from(([10, 0, 0, 7], 80))), 200),
    ] {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/smoketest/")
            .header("sec-fetch-site", "same-origin");
        if let Some(peer) = peer {
            request = request.extension(peer);
        }
        let head = request.body(()).unwrap().into_parts().0;
        let route = endpoint.route("/smoketest/").unwrap();
        assert_eq!(
            endpoint.answer(route, &head).await.status(),
            status,
            "{peer:?}"
        );
    }
}
