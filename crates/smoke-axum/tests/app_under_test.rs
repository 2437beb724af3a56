//! A router as the application under test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::net::SocketAddr;

use axum::extract::connect_info::MockConnectInfo;
use axum::extract::{ConnectInfo, OriginalUri, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use smoke_axum::{
    Client, Outcome, Provided, Registry, Result, Runner, Selection, SmokeLayer, SmokeRequest, Test,
    TestReport, app, service_app,
};
use tower::Layer;
use tower::util::MapRequestLayer;

#[derive(Clone)]
struct Shop {
    name: String,
}

async fn mark(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-middleware", path.parse().unwrap());
    response
}

fn router(shop: Shop) -> Router {
    Router::new()
        .route("/", get(async |State(shop): State<Shop>| shop.name))
        .route("/echo", post(async |Json(text): Json<String>| Json(text)))
        .route(
            "/peer",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()),
        )
        .route(
            "/smoke",
            get(
                async |request: Request| match request.extensions().get::<SmokeRequest>() {
                    Some(smoke) => smoke.test().to_owned(),
                    None => "no smoke test".to_owned(),
                },
            ),
        )
        .nest(
            "/api",
            Router::new().route(
                "/where",
                get(async |uri: OriginalUri| uri.path().to_owned()),
            ),
        )
        .fallback(async || (StatusCode::NOT_FOUND, "no such page"))
        .layer(from_fn(mark))
        .with_state(shop)
}

fn registry() -> Registry {
    Registry::new()
        .provide(Shop {
            name: "the shop".to_owned(),
        })
        .app(app(|shop: Provided<Shop>| router(Shop::clone(&shop))))
}

/// Runs one test and says what became of it.
async fn run(registry: Registry) -> TestReport {
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn assert_passes(registry: Registry) {
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

/// Fails unless the answer to GET is this text.
async fn expect(client: &Client, path: &str, wanted: &str) -> Result {
    let text = client.get(path).send().await?.text()?;
    if text == wanted {
        Ok(())
    } else {
        Err(format!("{path} is {text:?}").into())
    }
}

#[tokio::test]
async fn a_request_goes_through_state_middleware_nesting_and_fallback() {
    async fn all_of_it(client: Client) -> Result {
        expect(&client, "/", "the shop").await?;
        expect(&client, "/api/where", "/api/where").await?;
        let page = client.get("/nowhere").send().await?.ensure_status(404)?;
        let page = page.ensure_header("x-middleware", "/nowhere")?;
        match page.text()?.as_str() {
            "no such page" => Ok(()),
            other => Err(other.to_owned().into()),
        }
    }
    assert_passes(registry().test(Test::new("shop::answers", all_of_it))).await;
}

#[tokio::test]
async fn a_body_goes_there_and_back() {
    async fn echoes(client: Client) -> Result {
        let answer = client.post("/echo").without_database().json("quokka");
        let answer = answer.send().await?.ensure_status(200)?;
        match answer.json::<String>()?.as_str() {
            "quokka" => Ok(()),
            other => Err(other.to_owned().into()),
        }
    }
    assert_passes(registry().test(Test::new("shop::echoes", echoes))).await;
}

#[tokio::test]
async fn the_peer_is_this_host_unless_the_test_says_otherwise() {
    async fn has_a_peer(client: Client) -> Result {
        expect(&client, "/peer", "127.0.0.1:0").await?;
        let peer: SocketAddr = "192.0.2.1:80".parse()?;
        let request = client.get("/peer").extension(ConnectInfo(peer));
        match request.send().await?.text()?.as_str() {
            "192.0.2.1:80" => Ok(()),
            other => Err(other.to_owned().into()),
        }
    }
    assert_passes(registry().test(Test::new("shop::has_a_peer", has_a_peer))).await;
}

#[tokio::test]
async fn a_peer_of_another_type_can_be_mocked_by_the_factory() {
    async fn has_a_peer(client: Client) -> Result {
        expect(&client, "/", "till 7").await
    }
    let mocked = || {
        Router::new()
            .route("/", get(async |peer: ConnectInfo<&'static str>| peer.0))
            .layer(MockConnectInfo("till 7"))
    };
    let registry = Registry::new().app(app(mocked));
    assert_passes(registry.test(Test::new("shop::has_a_peer", has_a_peer))).await;
}

#[tokio::test]
async fn the_application_can_tell_a_smoke_tests_request() {
    async fn is_seen(client: Client) -> Result {
        expect(&client, "/smoke", "shop::is_seen").await
    }
    assert_passes(registry().test(Test::new("shop::is_seen", is_seen))).await;
}

async fn opens(client: Client) -> Result {
    expect(&client, "/", "the shop").await
}

fn plain() -> Router {
    router(Shop {
        name: "the shop".to_owned(),
    })
}

#[tokio::test]
async fn a_factory_may_be_plain_async_or_fallible() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    assert_passes(registry().app(app(plain))).await;
    assert_passes(registry().app(app(async || plain()))).await;
    assert_passes(registry().app(app(|| Ok::<_, String>(plain())))).await;
    assert_passes(registry().app(app(async || std::io::Result::Ok(plain())))).await;
}

#[tokio::test]
async fn a_factory_that_panics_or_fails_errors_the_test_and_not_the_process() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    // axum panics at a route that it cannot make.
    let broken = run(registry().app(app(|| Router::new().route("no-slash", get(""))))).await;
    assert_eq!(broken.outcome, Outcome::Errored);
    assert!(broken.message.unwrap().contains("Paths must start with"));
    let failing = run(registry().app(app(|| Err::<Router, _>("no stock")))).await;
    assert_eq!(failing.outcome, Outcome::Errored);
    assert_eq!(failing.message.as_deref(), Some("no stock"));
}

#[tokio::test]
async fn a_layer_around_the_router_is_at_work() {
    let around = || {
        let lower = MapRequestLayer::new(|mut request: Request| {
            *request.uri_mut() = "/".parse().unwrap();
            request
        });
        lower.layer(plain())
    };
    async fn is_moved(client: Client) -> Result {
        expect(&client, "/moved", "the shop").await
    }
    let registry = Registry::new().app(service_app(around));
    assert_passes(registry.test(Test::new("shop::is_moved", is_moved))).await;
}

#[tokio::test]
async fn a_test_that_asks_for_the_smoke_tests_is_refused() {
    async fn asks(client: Client) -> Result {
        let answer = client.get("/smoketest/").send().await?.ensure_status(503)?;
        let text = answer.text()?;
        if text.contains("it would never end") {
            Ok(())
        } else {
            Err(text.into())
        }
    }
    let production = support::runner();
    let registry = Registry::new().app(app(move || plain().layer(SmokeLayer::new(&production))));
    assert_passes(registry.test(Test::new("shop::asks", asks))).await;
}

#[tokio::test]
async fn a_write_without_a_sandbox_is_bypassed() {
    async fn writes(client: Client) -> Result {
        client.post("/echo").json("quokka").send().await?;
        Ok(())
    }
    let test = run(registry().test(Test::new("shop::writes", writes))).await;
    assert_eq!(test.outcome, Outcome::Errored);
    assert!(test.message.unwrap().contains("NOT rolled back"));
}
