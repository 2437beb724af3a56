//! A request that is not a smoke test's, with the layer and without.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use smoke_tower::{Registry, SmokeLayer, Test};
use tower::{Layer, Service, service_fn};

type Page = Request<Empty<Bytes>>;

fn answer(request: Page) -> Ready<Result<Response<Empty<Bytes>>, Infallible>> {
    ready(Ok(Response::new(black_box(request).into_body())))
}

fn page(path: &'static str, headers: &[&'static str]) -> Page {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static(path);
    for name in headers {
        let value = HeaderValue::from_static("value");
        request.headers_mut().insert(*name, value);
    }
    request
}

/// What a browser behind a proxy sends.
const HEADERS: [&str; 10] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "cookie",
    "referer",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

fn passthrough(criterion: &mut Criterion) {
    let bare = service_fn(answer);
    let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    let layered = SmokeLayer::new(registry).layer(bare);
    for (what, path, headers) in [
        ("another path", "/users/7", &[][..]),
        ("almost the prefix", "/smoketests", &[]),
        ("a browser's headers", "/users/7", &HEADERS),
    ] {
        let mut group = criterion.benchmark_group(format!("passthrough/{what}"));
        group.bench_function("bare", |bencher| measure(bencher, bare, path, headers));
        group.bench_function("layered", |bencher| {
            measure(bencher, layered.clone(), path, headers)
        });
        group.finish();
    }
}

fn measure<S, B>(
    bencher: &mut criterion::Bencher<'_>,
    mut service: S,
    path: &'static str,
    headers: &[&'static str],
) where
    S: Service<Page, Response = Response<B>, Error = Infallible>,
{
    bencher.iter_batched(
        || page(path, headers),
        |request| service.call(request).now_or_never(),
        BatchSize::SmallInput,
    );
}

criterion_group!(benches, passthrough);
criterion_main!(benches);
