//! The health service of a real server, asked by a client of the protocol.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smoke_conformance::eventually;
use smoke_core::{Registry, Result, Runner, Schedule, Test};
use smoke_testing::PATIENCE;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// How a registry's only tests end.
#[derive(Clone, Default)]
struct Broken {
    instance: Arc<AtomicBool>,
    shared: Arc<AtomicBool>,
}

fn fails_where(name: &str, broken: &Arc<AtomicBool>) -> Test {
    let broken = Arc::clone(broken);
    Test::new(name.to_owned(), move || {
        let broken = broken.load(Ordering::SeqCst);
        async move { if broken { Err("it is broken") } else { Ok(()) } }
    })
}

fn registry(broken: &Broken) -> Registry {
    Registry::new()
        .test(fails_where("shop::instance", &broken.instance).instance())
        .test(fails_where("shop::shared", &broken.shared))
        .schedule(Schedule::every(Duration::from_millis(100)))
}

struct Served {
    runner: Runner,
    client: HealthClient<Channel>,
}

async fn serve(registry: Registry) -> Served {
    let runner = Runner::new(registry);
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = Server::builder().add_service(smoke_tonic::health(&runner));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let endpoint = Endpoint::try_from(format!("http://{address}")).unwrap();
    let channel = endpoint.connect().await.unwrap();
    runner.start();
    Served {
        runner,
        client: HealthClient::new(channel),
    }
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

impl Served {
    async fn check(&self, service: &str) -> Result<ServingStatus, Status> {
        let answer = self.client.clone().check(of(service)).await?;
        Ok(answer.into_inner().status())
    }

    async fn becomes(&self, service: &str, wanted: ServingStatus) {
        let now = || self.check(service);
        let is_so =
            |now: &Result<ServingStatus, Status>| now.as_ref().is_ok_and(|now| *now == wanted);
        eventually(PATIENCE, now, is_so).await.unwrap().unwrap();
    }

    async fn watch(&self, service: &str) -> Streaming<HealthCheckResponse> {
        self.client
            .clone()
            .watch(of(service))
            .await
            .unwrap()
            .into_inner()
    }
}

/// What the stream tells next; none where it has ended.
async fn next(changes: &mut Streaming<HealthCheckResponse>) -> Option<ServingStatus> {
    let told = tokio::time::timeout(PATIENCE, changes.message()).await;
    told.unwrap().unwrap().map(|told| told.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_fault_is_one_of_smoke_and_takes_no_server_out() {
    let broken = Broken::default();
    let served = serve(registry(&broken)).await;
    for service in ["", "smoke"] {
        served.becomes(service, Serving).await;
    }
    broken.shared.store(true, Ordering::SeqCst);
    served.becomes("smoke", NotServing).await;
    assert_eq!(served.check("").await.unwrap(), Serving);
    broken.instance.store(true, Ordering::SeqCst);
    served.becomes("", NotServing).await;
    broken.instance.store(false, Ordering::SeqCst);
    served.becomes("", Serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_told_each_change_until_the_runner_is_shut_down() {
    let broken = Broken::default();
    let served = serve(registry(&broken)).await;
    served.becomes("", Serving).await;
    let mut changes = served.watch("").await;
    assert_eq!(next(&mut changes).await, Some(Serving));
    served.runner.drain(Duration::ZERO).await;
    assert_eq!(next(&mut changes).await, Some(NotServing));
    let mut unknown = served.watch("shop.Orders").await;
    assert_eq!(
        next(&mut unknown).await,
        Some(ServingStatus::ServiceUnknown)
    );
    served.runner.shutdown().await;
    assert_eq!(next(&mut changes).await, None);
    assert_eq!(next(&mut unknown).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_is_unknown() {
    let served = serve(registry(&Broken::default())).await;
    let refused = served.check("shop.Orders").await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert!(refused.message().contains("\"smoke\""), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_required_is_required_of_monitors_alone() {
    let registry = registry(&Broken::default()).token("s3cret").require_token();
    let served = serve(registry).await;
    served.becomes("", Serving).await;
    let mut client = served.client.clone();
    let refused = served.check("smoke").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let refused = client.watch(of("smoke")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    for (token, admitted) in [("s3cret", true), ("another", false)] {
        let mut request = Request::new(of("smoke"));
        let header = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", header);
        assert_eq!(client.check(request).await.is_ok(), admitted, "{token}");
    }
}
