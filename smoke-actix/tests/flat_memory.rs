//! A GiB through the middleware. Nothing else may be in this process: its memory is measured.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

#[path = "support/bare_and_wrapped.rs"]
mod bare_and_wrapped;
mod support;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#[path = "../../smoke-tower/tests/support/traffic.rs"]
mod traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_gib_goes_there_and_back_in_little_memory() {
    for server in bare_and_wrapped::served() {
        traffic::echo_a_gib(server.address).await;
    }
}
