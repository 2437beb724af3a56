//! What a request that is not ours costs in memory.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::convert::Infallible;
use std::future::ready;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use smoke_tower::{Registry, SmokeLayer, Test};
use tower::{Layer, Service, service_fn};

fn pages() -> Vec<Request<Full<Bytes>>> {
    [
        "/",
        "/smoketests",
        "/smoketes",
        "/users/7?smoketest=/smoketest/",
    ]
    .map(|path| {
        Request::post(path)
            .header("x-mark", "1")
            .body(Full::from("a body"))
            .unwrap()
    })
    .into()
}

fn cost<S, B>(service: &S) -> AllocationInfo
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error = Infallible>,
{
    let pages = pages();
    let mut lengths = 0;
    let info = measure(|| {
        for page in pages {
            // A server clones the service for each connection, a router for each request.
            let mut service = service.clone();
            let response = service.call(page).now_or_never().unwrap().unwrap();
            let body = response.into_body().collect().now_or_never().unwrap();
            lengths += body.unwrap().to_bytes().len();
        }
    });
    assert_eq!(lengths, pages_length());
    info
}

fn pages_length() -> usize {
    4 * "a body".len()
}

#[test]
fn a_request_that_is_not_ours_allocates_nothing_more_than_without_the_layer() {
    let bare = service_fn(|request: Request<Full<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(request.into_body())))
    });
    let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    let layered = SmokeLayer::new(registry).layer(bare);
    let (bare, layered) = (cost(&bare), cost(&layered));
    assert_eq!(layered.count_total, bare.count_total);
    assert_eq!(layered.bytes_total, bare.bytes_total);
}

#[test]
fn the_count_sees_what_is_allocated() {
    let boxing = service_fn(|request: Request<Full<Bytes>>| {
        let answer = Box::new(request.into_body());
        ready(Ok::<_, Infallible>(Response::new(*std::hint::black_box(
            answer,
        ))))
    });
    assert_eq!(
        cost(&boxing).count_total,
        4 + cost(&service_fn(bare)).count_total
    );
}

async fn bare(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(request.into_body()))
}
