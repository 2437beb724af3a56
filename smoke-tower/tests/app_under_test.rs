//! A tower service as the application under test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use smoke_tower::smoke_core::{AppBody, TestReport};
use smoke_tower::{
    Client, Outcome, Provided, Registry, Result, Runner, Selection, SmokeLayer, Test, app, try_app,
};
use support::shop;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceBuilder, service_fn};

type Routes = BoxCloneService<Request<AppBody>, Response<Full<Bytes>>, Infallible>;

fn routes() -> Routes {
    BoxCloneService::new(service_fn(shop::<AppBody>))
}

async fn the_shop_answers(client: Client) -> Result {
    let page = client.get("/users?x=1").send().await?.ensure_status(200)?;
    match page.text()?.as_str() {
        "the shop at /users" => Ok(()),
        other => Err(format!("the shop answered {other:?}").into()),
    }
}

async fn run(registry: Registry) -> TestReport {
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn assert_passes(registry: Registry) {
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

fn registry() -> Registry {
    Registry::new().test(Test::new("shop::answers", the_shop_answers))
}

#[tokio::test]
async fn a_factory_may_be_plain_async_or_fallible() {
    assert_passes(registry().app(app(routes))).await;
    assert_passes(registry().app(app::<_, Routes, _>(async || routes()))).await;
    assert_passes(registry().app(app::<_, Routes, _>(|| Ok::<_, String>(routes())))).await;
    assert_passes(registry().app(app::<_, Routes, _>(async || std::io::Result::Ok(routes()))))
        .await;
    assert_passes(registry().app(try_app(|| Ok(routes())))).await;
    assert_passes(registry().app(try_app(async || Ok(routes())))).await;
}

#[tokio::test]
async fn a_factory_takes_fixtures_and_its_error_is_the_tests() {
    let test = run(registry().provide("no stock").app(app::<_, Routes, _>(
        |reason: Provided<&'static str>| Err::<Routes, _>(reason.to_string()),
    )))
    .await;
    assert_eq!(test.outcome, Outcome::Errored);
    assert_eq!(
        test.message.as_deref(),
        Some("the application under test could not be built: no stock")
    );
}

#[tokio::test]
async fn a_service_that_is_not_sync_and_wants_to_be_ready_is_served() {
    let limited = || {
        let not_sync = std::cell::Cell::new(0);
        let service = service_fn(move |request: Request<AppBody>| {
            not_sync.set(not_sync.get() + 1);
            shop(request)
        });
        // Panics where it is called without having been asked for readiness.
        ServiceBuilder::new().concurrency_limit(1).service(service)
    };
    assert_passes(registry().app(app(limited))).await;
}

#[tokio::test]
async fn an_error_of_the_service_is_an_error_of_the_request() {
    let broken = || {
        service_fn(async |_: Request<AppBody>| {
            Err::<Response<Full<Bytes>>, _>(std::io::Error::other("the line broke"))
        })
    };
    let test = run(registry().app(app(broken))).await;
    assert_eq!(test.outcome, Outcome::Errored);
    assert_eq!(test.causes, ["the line broke"]);
}

/// Compiles: a request's body need not be `Send` where the inner service does not mind.
#[tokio::test]
async fn a_request_body_need_not_be_send() {
    let mut layered = SmokeLayer::new(registry()).layer(service_fn(shop::<Rc<()>>));
    let ours = Request::get("/smoketest/nowhere")
        .body(Rc::new(()))
        .unwrap();
    let future = tower::Service::call(&mut layered, ours);
    assert_eq!(future.await.unwrap().status(), 404);
}
