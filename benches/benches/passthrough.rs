//! A request that is not a smoke test's, with the layer and without.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use http::{Request, Response, Uri};
use http_body_util::Empty;
use smoke_tower::{Registry, SmokeLayer, Test};
use tower::{Layer, Service, service_fn};

type Page = Request<Empty<Bytes>>;

fn answer(request: Page) -> Ready<Result<Response<Empty<Bytes>>, Infallible>> {
    ready(Ok(Response::new(black_box(request).into_body())))
}

fn page(path: &'static str) -> Page {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static(path);
    request
}

fn passthrough(criterion: &mut Criterion) {
    let bare = service_fn(answer);
    let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    let layered = SmokeLayer::new(registry).layer(bare);
    for (what, path) in [
        ("another path", "/users/7"),
        ("almost the prefix", "/smoketests"),
    ] {
        let mut group = criterion.benchmark_group(format!("passthrough/{what}"));
        group.bench_function("bare", |bencher| measure(bencher, bare, path));
        group.bench_function("layered", |bencher| measure(bencher, layered.clone(), path));
        group.finish();
    }
}

fn measure<S, B>(bencher: &mut criterion::Bencher<'_>, mut service: S, path: &'static str)
where
    S: Service<Page, Response = Response<B>, Error = Infallible>,
{
    bencher.iter_batched(
        || page(path),
        |request| service.call(request).now_or_never(),
        BatchSize::SmallInput,
    );
}

criterion_group!(benches, passthrough);
criterion_main!(benches);
