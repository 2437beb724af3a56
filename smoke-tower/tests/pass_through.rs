//! What is not ours passes as if there were no layer.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{Ready, ready};
use http::{HeaderMap, Method, Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use smoke_tower::{AnswerBody, ResponseBody, SmokeLayer};
use support::{ask, passing, request};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

type Log = Arc<Mutex<Vec<String>>>;

/// A body that plays a part and writes down what it is asked.
struct Script {
    acts: VecDeque<Act>,
    log: Log,
}

enum Act {
    Wait,
    Say(Result<Frame<Bytes>, &'static str>),
}

impl Script {
    fn new(acts: Vec<Act>) -> (Self, Log) {
        let log = Log::default();
        let body = Self {
            acts: acts.into(),
            log: Arc::clone(&log),
        };
        (body, log)
    }

    fn note(&self, line: impl Into<String>) {
        self.log.lock().unwrap().push(line.into());
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.note("poll_frame");
        match self.acts.pop_front() {
            None => Poll::Ready(None),
            Some(Act::Say(frame)) => Poll::Ready(Some(frame)),
            Some(Act::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.note("is_end_stream");
        self.acts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.note("size_hint");
        let mut hint = SizeHint::new();
        hint.set_lower(self.acts.len() as u64);
        hint.set_upper(7 * self.acts.len() as u64);
        hint
    }
}

/// Asks a body everything until it has ended, and writes down what it says.
fn observe<B: Body<Data = Bytes, Error = &'static str>>(body: B) -> Vec<String> {
    let mut body = pin!(body);
    let mut seen = Vec::new();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    for _ in 0..12 {
        seen.push(format!("{:?} {}", body.size_hint(), body.is_end_stream()));
        seen.push(format!("{:?}", body.as_mut().poll_frame(&mut cx)));
    }
    seen
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("x-sum".parse().unwrap(), "12".parse().unwrap())])
}

fn plays() -> Vec<fn() -> Vec<Act>> {
    vec![
        Vec::new,
        || vec![Act::Say(Ok(Frame::data("whole".into())))],
        || {
            vec![
                Act::Wait,
                Act::Say(Ok(Frame::data("in ".into()))),
                Act::Wait,
                Act::Wait,
                Act::Say(Ok(Frame::data(Bytes::new()))),
                Act::Say(Ok(Frame::data("parts".into()))),
                Act::Say(Ok(Frame::trailers(trailers()))),
            ]
        },
        || {
            vec![
                Act::Say(Ok(Frame::data("broken".into()))),
                Act::Say(Err("the line broke")),
            ]
        },
    ]
}

#[test]
fn a_response_body_is_seen_and_asked_as_without_the_layer() {
    for play in plays() {
        let (bare, bare_log) = Script::new(play());
        let (body, log) = Script::new(play());
        let mut held = Some(body);
        let service = service_fn(move |_: Request<()>| {
            ready(Ok::<_, Infallible>(Response::new(held.take().unwrap())))
        });
        let layered = SmokeLayer::new(passing()).layer(service);
        let answered = layered.oneshot(Request::new(())).now_or_never().unwrap();
        let response = answered.unwrap();
        assert!(
            log.lock().unwrap().is_empty(),
            "the layer asked the body something"
        );
        assert_eq!(observe(response.into_body()), observe(bare));
        assert_eq!(*log.lock().unwrap(), *bare_log.lock().unwrap());
    }
}

#[test]
fn the_inner_body_can_be_taken_out_again() {
    let (body, log) = Script::new(vec![Act::Wait]);
    let mut held = Some(body);
    let service = service_fn(move |_: Request<()>| {
        ready(Ok::<_, Infallible>(Response::new(held.take().unwrap())))
    });
    let layered = SmokeLayer::new(passing()).layer(service);
    let answered = layered.oneshot(Request::new(())).now_or_never().unwrap();
    let inner: Result<Script, AnswerBody> = answered.unwrap().into_body().into_inner();
    assert!(inner.is_ok());
    assert!(log.lock().unwrap().is_empty());
}

#[test]
fn a_request_passes_with_everything_that_it_carries() {
    #[derive(Clone, Debug, PartialEq)]
    struct Mark(u8);

    let (body, log) = Script::new(vec![Act::Wait]);
    let seen: Arc<Mutex<Option<Request<Script>>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Script>| {
        *keep.lock().unwrap() = Some(request);
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let request = Request::put("/smoketests?a=b")
        .version(Version::HTTP_10)
        .header("x-mark", "1")
        .header("x-mark", "2")
        .extension(Mark(3))
        .body(body)
        .unwrap();
    let layered = SmokeLayer::new(passing()).layer(service);
    layered.oneshot(request).now_or_never().unwrap().unwrap();

    let request = seen.lock().unwrap().take().unwrap();
    assert_eq!(request.method(), Method::PUT);
    assert_eq!(request.uri(), "/smoketests?a=b");
    assert_eq!(request.version(), Version::HTTP_10);
    assert_eq!(request.headers().get_all("x-mark").iter().count(), 2);
    assert_eq!(request.extensions().get(), Some(&Mark(3)));
    assert!(
        log.lock().unwrap().is_empty(),
        "the layer asked the body something"
    );
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_passed_on() {
    let service = service_fn(|_: Request<()>| ready(Err::<Response<Full<Bytes>>, _>("no shop")));
    let mut layered = SmokeLayer::new(passing().open()).layer(service);
    assert_eq!(
        layered
            .ready()
            .await
            .unwrap()
            .call(Request::new(()))
            .await
            .unwrap_err(),
        "no shop"
    );
    let ours = Request::get("/smoketest/").body(()).unwrap();
    assert_eq!(layered.oneshot(ours).await.unwrap().status(), 200);
}

/// Is ready once it is told to be, and insists on having been asked.
#[derive(Clone, Default)]
struct Door {
    open: Arc<Mutex<bool>>,
    asked: bool,
}

impl Service<Request<Full<Bytes>>> for Door {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.asked = *self.open.lock().unwrap();
        if self.asked {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.asked, "called without having been asked for readiness");
        self.asked = false;
        ready(Ok(Response::new(Full::default())))
    }
}

#[tokio::test]
async fn the_layer_is_ready_when_the_inner_service_is() {
    let door = Door::default();
    let mut layered = SmokeLayer::new(passing().open()).layer(door.clone());
    assert!(layered.ready().now_or_never().is_none());
    *door.open.lock().unwrap() = true;
    let ready = layered.ready().now_or_never().unwrap().unwrap();
    let response = ready.call(request(Method::GET, "/")).await.unwrap();
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn a_smoke_request_takes_no_place_of_the_inner_service() {
    let service = ServiceBuilder::new()
        .layer(SmokeLayer::new(passing().open()))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(service_fn(support::shop::<Full<Bytes>>));
    let answering = ask(service.clone(), request(Method::GET, "/smoketest/"));
    let (ours, theirs) = tokio::join!(answering, ask(service, request(Method::GET, "/")));
    assert_eq!(ours.first_line(), "PASS");
    assert_eq!(theirs.body, "the shop at /");
}

#[tokio::test]
async fn in_front_of_what_limits_it_answers_while_the_application_is_overloaded() {
    let overloaded = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(1)
        .service(service_fn(async |_: Request<Full<Bytes>>| {
            std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        }));
    let service = SmokeLayer::new(passing().open()).layer(overloaded);
    let mut stuck = pin!(service.clone().oneshot(request(Method::GET, "/")));
    assert!(stuck.as_mut().now_or_never().is_none());
    assert!(
        service
            .clone()
            .oneshot(request(Method::GET, "/"))
            .await
            .is_err()
    );
    let answer = service
        .oneshot(request(Method::GET, "/smoketest/"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// Compiles: what comes from the network can be passed on as it is.
#[allow(dead_code, reason = "it is enough that it compiles")]
fn a_proxied_body_is_a_body(
    body: ResponseBody<hyper::body::Incoming>,
) -> impl Body<Data = Bytes, Error = hyper::Error> {
    body
}
