//! What is not the endpoint's passes through the layer as without it, byte for byte.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

#[path = "support/bare_and_layered.rs"]
mod bare_and_layered;
mod support;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#[path = "support/traffic.rs"]
mod traffic;

use bare_and_layered::served;

#[tokio::test]
async fn an_event_stream_is_the_same_with_the_layer_and_without() {
    let [bare, layered] = served().await.map(traffic::events);
    let (bare, layered) = (bare.await, layered.await);
    let text = String::from_utf8_lossy(&bare);
    assert!(text.contains("content-type: text/event-stream") && text.contains("data: 99"));
    assert!(bare == layered, "{text}");
}

#[tokio::test]
async fn a_websocket_is_the_same_with_the_layer_and_without() {
    let [bare, layered] = served().await.map(traffic::talk);
    let (bare, layered) = (bare.await, layered.await);
    let text = String::from_utf8_lossy(&bare);
    assert!(text.starts_with("HTTP/1.1 101 ") && text.contains("quokka"));
    assert!(bare == layered, "{text}");
}
