//! Headers that every request needs are set on the application under test.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use axum::Router;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{StatusCode, Version};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use smoke_axum::smoke_core::{TestFn, TestReport};
use smoke_axum::{
    AppFactory, Arrival, Client, ClientService, Error, LiveServer, Outcome, Registry, Result,
    Runner, Selection, Test, app, ensure_contains, ensure_eq,
};
use smoke_testing::wire::exchange;
use tower::ServiceExt;

/// Lets in whoever names a host that it knows.
async fn allowed(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST);
    match host.is_some_and(|host| host == "shop.example" || host == "shop.test") {
        true => next.run(request).await,
        false => (StatusCode::BAD_REQUEST, format!("{host:?}?")).into_response(),
    }
}

fn shop() -> AppFactory {
    app(|| {
        let headers = async |request: Request| format!("{:?}", request.headers());
        Router::new()
            .route("/", get(headers))
            .layer(from_fn(allowed))
    })
}

async fn run<Marker: 'static>(factory: AppFactory, test: impl TestFn<Marker>) -> TestReport {
    let registry = Registry::new().app(factory);
    let registry = registry.test(Test::new("shop::is_open", test));
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn assert_passes<Marker: 'static>(test: impl TestFn<Marker>) {
    let factory = shop().header(HOST, "shop.example");
    let factory = factory.header("x-tenant", "one").header("x-tenant", "two");
    let test = run(factory, test).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

async fn is_open(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

#[tokio::test]
async fn requests_have_them_and_need_not_say_so() {
    let without = run(shop(), is_open).await;
    assert_eq!(without.outcome, Outcome::Failed, "{without:#?}");
    assert_passes(is_open).await;
    assert_passes(async |client: Client| {
        let headers = client.get("/").send().await?.text()?;
        ensure_contains!(headers, r#""x-tenant": "one", "x-tenant": "two""#);
        Ok::<_, Error>(())
    })
    .await;
    assert_passes(async |client: ClientService| {
        let request = axum::http::Request::get("/").body(String::new())?;
        ensure_eq!(client.oneshot(request).await?.status(), 200);
        Ok::<_, Error>(())
    })
    .await;
}

#[tokio::test]
async fn a_request_that_says_otherwise_is_not_changed() {
    assert_passes(async |client: Client| {
        let request = client.get("/").header(HOST, "shop.test");
        let headers = request.header("x-tenant", "three").send().await?.text()?;
        ensure_contains!(headers, r#""host": "shop.test", "x-tenant": "three"}"#);
        let stranger = client.get("/").header(HOST, "example.com");
        stranger.send().await?.ensure_status(400)?;
        Ok::<_, Error>(())
    })
    .await;
}

#[tokio::test]
async fn over_http_2_the_host_is_in_the_target_alone() {
    let seen = app(|| {
        let seen = async |request: Request| {
            let host = request.headers().get(HOST).cloned();
            format!("{} {host:?}", request.uri())
        };
        Router::new().route("/", get(seen))
    });
    let test = run(seen.header(HOST, "shop.example"), async |client: Client| {
        let get = || client.get("/").extension(Arrival::new(Version::HTTP_2));
        let seen = get().send().await?.text()?;
        ensure_eq!(seen, "https://shop.example/ None");
        let other = get().header(HOST, "shop.test").send().await?;
        ensure_eq!(other.text()?, "https://shop.test/ None");
        Ok::<_, Error>(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

#[tokio::test]
async fn a_live_server_takes_the_name_that_clients_connect_to_for_no_host() {
    async fn ask(live: &LiveServer, host: &str) -> Result<String> {
        let request = format!("GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        Ok(exchange(live.addr(), &request).await?)
    }
    assert_passes(async |live: LiveServer| {
        for host in [format!("Host: {}\r\n", live.addr()), String::new()] {
            let answer = ask(&live, &host).await?;
            ensure_contains!(answer, "HTTP/1.1 200 OK");
            ensure_contains!(answer, r#""host": "shop.example""#);
            ensure_contains!(answer, r#""x-tenant": "one", "x-tenant": "two""#);
        }
        let answer = ask(&live, "Host: shop.test\r\n").await?;
        ensure_contains!(answer, r#""host": "shop.test""#);
        ensure_contains!(ask(&live, "Host: example.com\r\n").await?, " 400 ");
        Ok::<_, Error>(())
    })
    .await;
}

#[tokio::test]
async fn what_is_no_header_is_a_problem_of_the_registry() {
    let factory = shop().header("no name", "x").header("x-token", "secret\n");
    let registry = Registry::new().app(factory);
    let registry = registry.test(Test::new("shop::is_open", is_open));
    let runner = Runner::new(registry);
    let said = runner.check().join("\n");
    assert!(said.contains("the name of a header"), "{said}");
    assert!(said.contains("the value of the header x-token"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert!(!runner.run(Selection::fast()).await.verdict().is_pass());
}
