//! The suite finds stacks out that do not do what they should.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use smoke_conformance::adapter::{CHECKS, Served, Shop, Site, Stack, check};
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{AppFactory, Runner, SmokeLayer, app};
use tower::{Layer, ServiceExt, service_fn};

use crate::application::{BoxError, application};
use crate::stack::serve;

/// The application without the endpoint.
struct Bare;

impl Stack for Bare {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        serve(application(site.shop)).await
    }

    fn app(&self, _: Runner) -> Option<AppFactory> {
        Some(app(application::<AppBody>))
    }
}

/// The application and the endpoint behind somebody who spoils everything.
struct Spoiled;

impl Stack for Spoiled {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let (layer, shop) = (SmokeLayer::new(site.runner), site.shop);
        serve(service_fn(move |request| {
            spoil(layer.clone(), shop.clone(), request)
        }))
        .await
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        let layer = SmokeLayer::new(runner);
        Some(app(move |shop: Shop| {
            let layer = layer.clone();
            service_fn(move |request: Request<AppBody>| spoil(layer.clone(), shop.clone(), request))
        }))
    }
}

/// Changes the path, loses extensions, builds the routes for each request, catches panics, and
/// collects bodies to cut them.
async fn spoil<B>(
    layer: SmokeLayer,
    shop: Shop,
    mut request: Request<B>,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let path = match request.uri().path() {
        "/rows" | "/hello" => "/careless",
        "/careless" | "/keep" => "/rows",
        "/smoketests" => "/smoketest",
        // Whoever collects a body without an end has nothing to cut.
        "/smoketest/events" => "/smoketest/event",
        other => other,
    };
    *request.uri_mut() = path.parse().unwrap();
    request.extensions_mut().clear();
    let service = layer.layer(application(shop));
    let answering = AssertUnwindSafe(service.oneshot(request)).catch_unwind();
    let Ok(Ok(response)) = answering.await else {
        return Ok(Response::new(Full::default()));
    };
    let (mut head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    head.status = StatusCode::ACCEPTED;
    head.headers.clear();
    Ok(Response::from_parts(
        head,
        body.slice(..body.len().min(20)).into(),
    ))
}

/// The checks that do not hold.
async fn found_in(stack: impl Stack) -> BTreeSet<&'static str> {
    let panic = tokio::spawn(check(stack)).await.unwrap_err().into_panic();
    let message = panic.downcast::<String>().unwrap();
    let held = |name: &&str| message.contains(&format!("\n  {name}: "));
    CHECKS.iter().copied().filter(held).collect()
}

#[tokio::test]
async fn a_stack_without_the_endpoint_is_found_out() {
    let held: BTreeSet<_> = &BTreeSet::from_iter(CHECKS.iter().copied()) - &found_in(Bare).await;
    // What is left is about the application alone.
    let about_the_application = [
        "what only looks like the prefix is the application's",
        "the application's pages pass",
        "bodies pass both ways byte for byte",
        "a stream passes chunk by chunk, its trailers too",
        "an upgrade passes",
        "the application under test has its state, middleware and error handler",
        "bodies go to the application under test and back",
        "a blocking test has the application too",
        "the application can tell a smoke test's request",
        "a panic in a handler is an error of the request",
        "the application is built once a test",
        "each request is in a savepoint of the test's sandbox",
        "a success that takes no connection is bypassed",
        "a pool that the application keeps is a straggler",
    ];
    assert_eq!(held, BTreeSet::from(about_the_application));
}

#[tokio::test]
async fn a_stack_that_spoils_everything_is_found_out_by_every_check() {
    let held = &BTreeSet::from_iter(CHECKS.iter().copied()) - &found_in(Spoiled).await;
    assert_eq!(held, BTreeSet::new());
}
