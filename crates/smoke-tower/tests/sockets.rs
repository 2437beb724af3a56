//! The layer and the service of its own behind a real server, asked as probers ask.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use smoke_tower::{Event, Registry, ResponseBody, Runner, SmokeLayer, SmokeService};
use support::socket::{body, exchange, length, read_answer};
use support::{Gated, passing, shop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service, service_fn};

/// Serves on a free port until the test ends.
async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    address
}

async fn serve_shop(registry: Registry) -> SocketAddr {
    serve(SmokeLayer::new(registry.open()).layer(service_fn(shop::<Incoming>))).await
}

#[tokio::test]
async fn http_1_0_without_host_is_answered() {
    let address = serve_shop(passing()).await;
    for request in [
        "GET /smoketest/ HTTP/1.0\r\n\r\n",
        "GET /smoketest HTTP/1.0\r\nConnection: close\r\n\r\n",
        "GET /smoketest/?format=text HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n",
    ] {
        let answer = exchange(address, request).await;
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
        assert!(body(&answer).starts_with("PASS\n"), "{answer}");
        assert_eq!(length(&answer), body(&answer).len());
    }
}

#[tokio::test]
async fn the_options_request_of_haproxy_is_refused_with_what_is_allowed() {
    let answer = exchange(
        serve_shop(passing()).await,
        "OPTIONS /smoketest/ HTTP/1.0\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.contains(" 405 Method Not Allowed\r\n"), "{answer}");
    assert!(answer.contains("allow: GET, HEAD, POST\r\n"), "{answer}");
    assert!(body(&answer).starts_with("FAIL\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_is_kept_over_answers_of_both_sides() {
    let mut stream = TcpStream::connect(serve_shop(passing()).await)
        .await
        .unwrap();
    for (line, starts) in [
        ("GET /smoketest/", "PASS\n"),
        ("GET /", "the shop at /"),
        ("GET /smoketest/?format=json", "{"),
        ("GET /smoketest/nowhere", "FAIL\n"),
        ("GET /users", "the shop at /users"),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: shop\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(body(&answer).starts_with(starts), "{line}: {answer}");
    }
}

#[tokio::test]
async fn head_announces_the_length_and_sends_no_body() {
    let address = serve_shop(passing()).await;
    for version in ["1.0", "1.1"] {
        let ask = |method| {
            format!(
                "{method} /smoketest/ HTTP/{version}\r\nHost: shop\r\nConnection: close\r\n\r\n"
            )
        };
        let got = exchange(address, &ask("GET")).await;
        let head = exchange(address, &ask("HEAD")).await;
        assert_eq!(body(&head), "");
        assert_eq!(length(&head), body(&got).len(), "{head}");
        assert_eq!(head.lines().next(), got.lines().next());
    }
}

#[tokio::test]
async fn post_is_answered_with_a_body_and_without() {
    let address = serve_shop(passing()).await;
    for rest in [
        "\r\n",
        "Content-Length: 6\r\n\r\na body",
        "Transfer-Encoding: chunked\r\n\r\n6\r\na body\r\n0\r\n\r\n",
    ] {
        let request =
            format!("POST /smoketest/ HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{rest}");
        let answer = exchange(address, &request).await;
        assert!(body(&answer).starts_with("PASS\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off_changes_nothing() {
    let gated = Gated::new();
    let runner = Runner::new(Registry::new().test(gated.test("shop::opens")).open());
    let address = serve(SmokeLayer::new(&runner).layer(service_fn(shop::<Incoming>))).await;
    let mut events = runner.events();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /smoketest/ HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    gated.started.notified().await;
    drop(stream);
    gated.open();
    let report = loop {
        if let Event::RunFinished { report, .. } = events.recv().await.unwrap() {
            break report;
        }
    };
    assert!(report.verdict().is_pass(), "{report:#?}");
    let answer = exchange(address, "GET /smoketest/ HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains(&report.run), "{answer}");
    assert_eq!(gated.count(), 1);
}

#[tokio::test]
async fn a_private_port_answers_nothing_but_smoke_tests() {
    let address = serve(SmokeService::new(passing().open())).await;
    let answer = exchange(address, "GET /smoketest/ HTTP/1.0\r\n\r\n").await;
    assert!(body(&answer).starts_with("PASS\n"), "{answer}");
    let answer = exchange(address, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains(" 404 Not Found\r\n"), "{answer}");
    assert!(body(&answer).starts_with("FAIL\n"), "{answer}");
}

/// Answers 101 and sends back in capitals what comes over the connection afterwards.
async fn upgrade(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgraded.await.unwrap());
        let mut said = [0; 5];
        stream.read_exact(&mut said).await.unwrap();
        stream.write_all(&said.to_ascii_uppercase()).await.unwrap();
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("connection", "upgrade".parse().unwrap());
    headers.insert("upgrade", "shout".parse().unwrap());
    Ok(response)
}

#[tokio::test]
async fn an_upgrade_passes() {
    let service = SmokeLayer::new(passing()).layer(service_fn(upgrade));
    let address = serve(service).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(
            b"GET /shout HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n",
        )
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
    stream.write_all(b"hello").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "HELLO");
}

/// Compiles: what comes from the network can be passed on as it is.
#[allow(dead_code, reason = "it is enough that it compiles")]
fn a_proxied_body_is_a_body(
    body: ResponseBody<Incoming>,
) -> impl http_body::Body<Data = Bytes, Error = hyper::Error> {
    body
}
