//! The adapters' part of the conformance suite.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod application;
mod found_out;
mod stack;

#[tokio::test]
async fn a_layer_around_a_service_conforms() {
    smoke_conformance::adapter::check(stack::Layered).await;
}
