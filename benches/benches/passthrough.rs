//! A request that is not a smoke test's, with the layer and without.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use benches::page::{Page, Table};
use benches::rounds::{Subject, Times, take_turns};
use benches::scale::Scale;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use smoke_tower::{Registry, SmokeLayer, Test};
use tower::{Layer, Service, service_fn};

type Asked = Request<Empty<Bytes>>;

fn answer(request: Asked) -> Ready<Result<Response<Empty<Bytes>>, Infallible>> {
    ready(Ok(Response::new(black_box(request).into_body())))
}

fn asked(path: &'static str, headers: &[&'static str]) -> Asked {
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

/// The batches of one turn.
const BATCHES: usize = 100;
/// The requests that are made before they are timed: few enough for the processor's cache.
const REQUESTS: usize = 100;

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("A request that is not a smoke test's");
    page.say(
        "A call of a tower service that answers at once, without the layer and with it. Nanoseconds, \
         least / median; in brackets the difference of the medians.",
    );
    let mut table = Table::new(&["request", "without the layer", "with the layer"]);
    let bare = service_fn(answer);
    let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    let layered = SmokeLayer::new(registry).layer(bare);
    for (what, path, headers) in [
        ("another path", "/users/7", &[][..]),
        ("almost the prefix", "/smoketests", &[]),
        ("a browser's headers", "/users/7", &HEADERS),
    ] {
        if !scale.includes(&format!("passthrough/{what}")) {
            continue;
        }
        let mut subjects: [Subject<'_>; 2] = [
            Box::new(|| Ok(turn(bare, path, headers))),
            Box::new(|| Ok(turn(layered.clone(), path, headers))),
        ];
        let times = take_turns(scale.choose(1, 101), &mut subjects)?;
        let nanos = |time: Duration| time.as_secs_f64() * 1e9 / (BATCHES * REQUESTS) as f64;
        let cell =
            |times: &Times| format!("{:.1} / {:.1}", nanos(times.least()), nanos(times.median()));
        let more = nanos(times[1].median()) - nanos(times[0].median());
        let layered = format!("{} (**{more:+.1}**)", cell(&times[1]));
        table.row(what, &[cell(&times[0]), layered]);
    }
    page.table(&table);
    page.show("passthrough")
}

/// How long the calls take, without the making of the requests.
fn turn<S, B>(mut service: S, path: &'static str, headers: &[&'static str]) -> Duration
where
    S: Service<Asked, Response = Response<B>, Error = Infallible>,
{
    let mut took = Duration::ZERO;
    for _ in 0..BATCHES {
        let requests: Vec<_> = (0..REQUESTS).map(|_| asked(path, headers)).collect();
        let mut answers = Vec::with_capacity(REQUESTS);
        let start = Instant::now();
        for request in requests {
            answers.push(service.call(request).now_or_never());
        }
        took += start.elapsed();
    }
    took
}
