//! The header by which services tell each other of smoke tests.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::ready;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response};
use http_body_util::Full;
use sha2::Sha256;
use smoke_testing::Log;
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{
    CalledBySmokeTest, Client, Outcome, Registry, Result, Runner, Selection, SigningKey,
    SmokeLayer, SmokeRequest, Test, app,
};
use tower::{Layer, ServiceExt, service_fn};

const SHARED: [u8; 32] = [7; 32];

fn key() -> SigningKey {
    SigningKey::new(SHARED).unwrap()
}

/// What a handler saw, and what was logged meanwhile.
struct Seen {
    called: Option<CalledBySmokeTest>,
    raw: bool,
    log: String,
}

impl Seen {
    /// Whether the header was only a line of the log.
    fn is_only_logged(&self, why: &str) -> bool {
        self.called.is_none()
            && !self.raw
            && self.log.contains(why)
            && self.log.lines().count() == 1
    }
}

/// Sends a request with these headers to a service with these keys, through two layers.
fn receive(keys: &[SigningKey], headers: &[&[u8]]) -> Seen {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let registry = || Registry::new().test(Test::new("mail::sends", async || {}));
    let keyed = keys.iter().fold(registry(), |registry, key| {
        registry.signing_key(key.clone())
    });
    let kept: Arc<Mutex<Option<Seen>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let service = service_fn(move |request: Request<Full<Bytes>>| {
        let called = request.extensions().get().cloned();
        let raw = request.headers().contains_key(SmokeRequest::HEADER);
        assert!(request.extensions().get::<SmokeRequest>().is_none());
        let log = String::new();
        *keep.lock().unwrap() = Some(Seen { called, raw, log });
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let service = SmokeLayer::new(keyed).layer(SmokeLayer::new(registry()).layer(service));
    let mut request = Request::post("/send");
    for value in headers {
        request = request.header("X-Smoke-Request", *value);
    }
    let request = request.body(Full::default()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        service.oneshot(request).now_or_never().unwrap().unwrap();
    });
    let seen = kept.lock().unwrap().take().unwrap();
    let log = log.text();
    Seen { log, ..seen }
}

/// A header as another implementation would write it, so many seconds from now.
fn written(key: [u8; 32], seconds: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let time = now.checked_add_signed(seconds).unwrap();
    let claim = format!("v1;time={time};run=run-1;test=shop::pays");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("x-smoke-request {claim}").as_bytes());
    let mac = mac.finalize().into_bytes();
    let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{claim};hmac={mac}")
}

#[test]
fn a_call_that_is_signed_is_seen_by_the_handler() {
    for seconds in [0, -50, 50] {
        let seen = receive(&[key()], &[written(SHARED, seconds).as_bytes()]);
        let called = seen.called.unwrap();
        assert_eq!((called.test(), called.run()), ("shop::pays", "run-1"));
        assert!(!seen.raw);
        assert_eq!(seen.log, "");
        let passed_on = receive(&[key()], &[called.sign(&key()).as_bytes()]);
        assert_eq!(passed_on.called.unwrap().test(), "shop::pays");
    }
}

#[test]
fn a_key_can_be_replaced_while_both_are_known() {
    let old = SigningKey::new([8; 32]).unwrap();
    let seen = receive(&[old, key()], &[written(SHARED, 0).as_bytes()]);
    assert!(seen.called.is_some());
}

#[test]
fn a_request_without_the_header_is_not_spoken_of() {
    let seen = receive(&[key()], &[]);
    assert!(seen.called.is_none() && !seen.raw);
    assert_eq!(seen.log, "");
}

#[test]
fn what_is_not_to_be_believed_is_a_line_of_the_log_and_nothing_else() {
    let good = written(SHARED, 0);
    let tampered = good.replace("pays", "wins");
    for (value, why) in [
        ("1", "it cannot be read"),
        ("", "it cannot be read"),
        ("shop::pays", "it cannot be read"),
        ("\u{e9}", "it cannot be read"),
        (
            "v1;time=1;run=r;test=t;hmac=",
            "it is not signed with a key of this service",
        ),
        (&tampered, "it is not signed with a key of this service"),
        (
            &good[..good.len() - 1],
            "it is not signed with a key of this service",
        ),
        (
            &written([9; 32], 0),
            "it is not signed with a key of this service",
        ),
        (&written(SHARED, -70), "it is older than 60 seconds"),
        (&written(SHARED, -100_000), "it is older than 60 seconds"),
        (
            &written(SHARED, 70),
            "its time is more than 60 seconds ahead",
        ),
    ] {
        let seen = receive(&[key()], &[value.as_bytes()]);
        assert!(seen.is_only_logged(why), "{value}: {}", seen.log);
        // What strangers write is not for the log.
        assert!(!seen.log.contains("pays"), "{}", seen.log);
    }
    let twice = receive(&[key()], &[good.as_bytes(), good.as_bytes()]);
    assert!(
        twice.is_only_logged("there is more than one"),
        "{}",
        twice.log
    );
    let bytes = receive(&[key()], &[b"\xff\xfe"]);
    assert!(bytes.is_only_logged("it cannot be read"), "{}", bytes.log);
}

#[test]
fn a_service_without_a_key_believes_nobody() {
    let seen = receive(&[], &[written(SHARED, 0).as_bytes()]);
    assert!(
        seen.is_only_logged("this service has no signing key"),
        "{}",
        seen.log
    );
}

#[tokio::test]
async fn a_handler_under_test_signs_for_the_service_that_it_calls() {
    static SIGNED: Mutex<Option<(String, Vec<u8>)>> = Mutex::new(None);
    let shop = || {
        service_fn(async |request: Request<AppBody>| {
            assert!(!request.headers().contains_key(SmokeRequest::HEADER));
            assert!(request.extensions().get::<CalledBySmokeTest>().is_none());
            let smoke = request.extensions().get::<SmokeRequest>().unwrap();
            let signed = smoke.sign(&key()).as_bytes().to_owned();
            *SIGNED.lock().unwrap() = Some((smoke.run().to_owned(), signed));
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        })
    };
    async fn orders(client: Client) -> Result {
        // What a test says in the header does not reach a handler either.
        let order = client.get("/").header(SmokeRequest::HEADER, "v1");
        order.send().await?.ensure_status(200)?;
        Ok(())
    }
    let registry = Registry::new()
        .app(app(shop))
        .test(Test::new("shop::orders", orders));
    let report = Runner::new(registry).run(Selection::fast()).await;
    assert_eq!(report.tests[0].outcome, Outcome::Passed, "{report:#?}");
    let (run, signed) = SIGNED.lock().unwrap().take().unwrap();
    assert_eq!(run, report.run);
    let called = receive(&[key()], &[&signed]).called.unwrap();
    assert_eq!((called.test(), called.run()), ("shop::orders", &*run));
}
