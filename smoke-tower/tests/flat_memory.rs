//! A GiB through the layer. Nothing else may be in this process: its memory is measured.
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

#[tokio::test(flavor = "multi_thread")]
async fn a_gib_goes_there_and_back_in_little_memory() {
    for address in bare_and_layered::served().await {
        traffic::echo_a_gib(address).await;
    }
}
