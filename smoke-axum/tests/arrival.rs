//! A test's request has what the server says of users' requests, and no more.
#![cfg(all(feature = "live", feature = "tokio"))]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::Version;
use axum::http::header::HOST;
use axum::routing::get;
use axum::serve::IncomingStream;
use smoke_axum::{
    Arrival, Client, Limits, LiveServer, Registry, Result, Runner, Selection, SmokeLayer,
    SmokeService, Test, app, ensure_eq, routes,
};
use smoke_testing::wire;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// What the server says of a connection, in a type of the application's own.
#[derive(Clone)]
struct Till(&'static str);

impl Connected<IncomingStream<'_, TcpListener>> for Till {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        Self("till 7")
    }
}

fn shop() -> Router {
    Router::new()
        .route(
            "/",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
        )
        .route(
            "/till",
            get(async |ConnectInfo(till): ConnectInfo<Till>| till.0),
        )
        .route(
            "/head",
            get(async |request: Request| {
                let host = request.headers().get(HOST).cloned();
                format!("{:?} {} {host:?}", request.version(), request.uri())
            }),
        )
}

async fn knows_the_peer(client: Client) -> Result {
    let answer = client.get("/").send().await?.ensure_status(200)?;
    ensure_eq!(answer.text()?, "127.0.0.1");
    Ok(())
}

async fn exchange(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    wire::exchange(address, &request).await.unwrap()
}

async fn knows_the_peer_at_a_socket(live: LiveServer) -> Result {
    let answer = exchange(live.addr(), "/").await;
    ensure_eq!(answer.lines().next(), Some("HTTP/1.0 200 OK"));
    Ok(())
}

fn runner() -> Runner {
    let limits = Limits::default().reuse(Duration::ZERO);
    let registry = Registry::new().open().limits(limits).app(app(shop));
    let registry = registry.test(Test::new("shop::knows_the_peer", knows_the_peer));
    let test = Test::new("shop::knows_the_peer_live", knows_the_peer_at_a_socket);
    Runner::new(registry.test(test))
}

/// Serves an application, where its requests are to have a `ConnectInfo`, as a server that has one.
async fn serve(app: Router, with_connect_info: bool) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    if with_connect_info {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, app).into_future());
    } else {
        tokio::spawn(axum::serve(listener, app).into_future());
    }
    address
}

async fn status(address: SocketAddr, path: &str) -> String {
    let answer = exchange(address, path).await;
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn what_is_served_without_connect_info_answers_its_users_500_and_is_no_pass() {
    for (with_connect_info, users, tests) in [(false, "500", "503"), (true, "200", "200")] {
        let layered = shop().layer(SmokeLayer::new(runner()));
        let merged = shop().merge(routes(runner()));
        for app in [layered, merged] {
            let address = serve(app, with_connect_info).await;
            assert_eq!(status(address, "/").await, users);
            let answer = exchange(address, "/smoketest/").await;
            assert_eq!(answer.split(' ').nth(1), Some(tests), "{answer}");
            let failed = answer.matches("::knows_the_peer").count();
            assert_eq!(failed, if tests == "200" { 0 } else { 2 }, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_run_that_no_request_asks_for_takes_the_last_request_for_its_model() {
    let runner = runner();
    let runs = async || {
        let report = runner.run(Selection::fast()).await;
        report.verdict().is_pass()
    };
    assert!(runs().await, "the loopback interface, before any request");
    let without = serve(shop().layer(SmokeLayer::new(&runner)), false).await;
    assert_eq!(status(without, "/").await, "500");
    assert!(!runs().await);
    // A port of its own says nothing of the application's, and has its runs do as that.
    for private in [
        Router::new().fallback_service(SmokeService::new(&runner)),
        routes(&runner),
    ] {
        let private = serve(private, true).await;
        assert_eq!(status(private, "/smoketest/slow/").await, "503");
    }
    let with = serve(shop().layer(SmokeLayer::new(&runner)), true).await;
    assert_eq!(status(with, "/").await, "200");
    assert!(runs().await);
}

#[tokio::test]
async fn a_type_of_the_applications_own_is_mirrored_where_it_is_named() {
    async fn knows_the_till(client: Client) -> Result {
        let answer = client.get("/till").send().await?.ensure_status(200)?;
        ensure_eq!(answer.text()?, "till 7");
        Ok(())
    }
    let registry = || {
        let test = Test::new("shop::knows_the_till", knows_the_till);
        Registry::new().app(app(shop)).test(test)
    };
    let named = SmokeLayer::new(registry()).mirror::<ConnectInfo<Till>>();
    for (layer, wanted) in [(named, "200"), (SmokeLayer::new(registry()), "503")] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = shop().layer(layer);
        let app = app.into_make_service_with_connect_info::<Till>();
        tokio::spawn(axum::serve(listener, app).into_future());
        assert_eq!(status(address, "/till").await, "200");
        assert_eq!(status(address, "/smoketest/").await, wanted);
    }
}

#[tokio::test]
async fn a_test_may_have_its_request_arrive_otherwise() {
    async fn from_elsewhere(client: Client) -> Result {
        let mut arrival = Arrival::new(Version::HTTP_2);
        client
            .get("/")
            .extension(arrival.clone())
            .send()
            .await?
            .ensure_status(500)?;
        arrival.peer = Some("192.0.2.1:80".parse()?);
        let request = client.get("/").extension(arrival.clone());
        ensure_eq!(request.send().await?.text()?, "192.0.2.1");
        let request = client.get("/head").extension(arrival);
        let head = request.send().await?.text()?;
        ensure_eq!(head, "HTTP/2.0 https://localhost/head None");
        Ok(())
    }
    let registry = Registry::new().app(app(shop));
    let registry = registry.test(Test::new("shop::from_elsewhere", from_elsewhere));
    let report = Runner::new(registry).run(Selection::fast()).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
}

#[tokio::test]
async fn the_version_of_http_is_that_of_the_request_that_asks() {
    async fn is_told_the_version(client: Client) -> Result {
        let head = client.get("/head?q=1").send().await?.text()?;
        Err(format!("it is {head}").into())
    }
    for (version, target, wanted) in [
        (
            Version::HTTP_10,
            "/smoketest/",
            r#"it is HTTP/1.0 /head?q=1 Some("localhost")"#,
        ),
        (
            Version::HTTP_11,
            "/smoketest/",
            r#"it is HTTP/1.1 /head?q=1 Some("localhost")"#,
        ),
        (
            Version::HTTP_2,
            "https://shop.example/smoketest/",
            "it is HTTP/2.0 https://localhost/head?q=1 None",
        ),
    ] {
        let test = Test::new("shop::version", is_told_the_version);
        let registry = Registry::new().open().app(app(shop)).test(test);
        let request = Request::get(target).version(version);
        let request = request.body(Body::empty()).unwrap();
        let app = shop().layer(SmokeLayer::new(registry));
        let answer = app.oneshot(request).await.unwrap().into_body();
        let answer = axum::body::to_bytes(answer, 10_000).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(wanted), "{answer}");
    }
}
