//! The service as its users meet it: a process that answers HTTP.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use examples_support::Service;
use smoke_conformance::eventually;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::{Service as _, http};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

/// How long a call may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

const BINARY: &str = env!("CARGO_BIN_EXE_tonic-example");

#[test]
fn the_endpoint_answers() {
    examples_support::has_smoke_tests(BINARY, 3);
}

async fn connect(service: &Service) -> Channel {
    let endpoint = Endpoint::try_from(format!("http://{}", service.address())).unwrap();
    let endpoint = endpoint.connect_timeout(PATIENCE).timeout(PATIENCE);
    endpoint.connect().await.unwrap()
}

/// A string and a number are messages with one field, as those of the service are.
async fn price(channel: Channel, name: &str) -> Result<u32, Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/shop.Prices/Get");
    let codec = ProstCodec::<String, u32>::default();
    let answer = client.unary(Request::new(name.to_owned()), path, codec);
    answer.await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn calls_are_answered_on_the_same_port() {
    let service = Service::start(BINARY);
    let channel = connect(&service).await;
    assert_eq!(price(channel.clone(), "apple").await.unwrap(), 120);
    let status = price(channel, "smoke").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "\"smoke\" is not sold");
}

#[tokio::test]
async fn the_endpoint_answers_over_http_2_too() {
    let service = Service::start(BINARY);
    let request = http::Request::get("/smoketest/").body(Body::empty());
    let mut channel = connect(&service).await;
    std::future::poll_fn(|cx| channel.poll_ready(cx))
        .await
        .unwrap();
    let answer = channel.call(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.version(), http::Version::HTTP_2);
    assert_eq!(answer.headers()["x-smoke-status"], "PASS");
}

#[tokio::test]
async fn the_health_service_answers_from_scheduled_runs() {
    let service = Service::start(BINARY);
    let health = HealthClient::new(connect(&service).await);
    for name in ["", "smoke"] {
        let check = async || {
            let service = name.to_owned();
            let answer = health.clone().check(HealthCheckRequest { service }).await;
            answer.map(|answer| answer.into_inner().status())
        };
        let is_serving = |answer: &Result<_, Status>| {
            answer
                .as_ref()
                .is_ok_and(|status| *status == ServingStatus::Serving)
        };
        let serves = eventually(PATIENCE, check, is_serving).await;
        serves.unwrap().unwrap();
    }
}

#[test]
fn sigterm_ends_the_service() {
    examples_support::ends_when_told(BINARY);
}

#[test]
fn a_port_that_cannot_be_used_is_named_with_the_remedy() {
    examples_support::names_ports_that_cannot_be_used(BINARY);
}
