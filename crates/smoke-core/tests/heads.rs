//! The head of a request, whatever it says: no panic, and no PASS that was not earned.

use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Method, Request, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use smoke_core::{Endpoint, Failure, Registry, Runner, Test};
use tokio::runtime::Builder;

/// What is only told to whoever has the token.
const SECRETS: [&str; 3] = ["kangaroo", "wombat-build", "t0ken"];

/// An endpoint whose only test fails, and of which nothing is known from a schedule.
fn endpoint() -> Endpoint {
    let fails = async || Err::<(), _>(Failure::new("the kangaroo is out"));
    let registry = Registry::new()
        .test(Test::new("shop::fails", fails))
        .build_id("wombat-build")
        .instance("wombat-build")
        .token("t0ken");
    Endpoint::new(Runner::new(registry))
}

fn method() -> impl Strategy<Value = Method> {
    let known = vec![
        "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "CONNECT", "PURGE",
    ];
    select(known).prop_map(|name| Method::from_bytes(name.as_bytes()).expect("a method"))
}

fn path() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "/", "slow", "live", "ready", "startup", "status", "metrics", "%2F", "..", "x", "//",
    ]);
    prop_oneof![
        vec(pieces, 0..5).prop_map(|pieces| pieces.concat()),
        "[ -~]{0,20}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "?",
        "&",
        "=",
        "format",
        "select",
        "skip",
        "fail_fast",
        "json",
        "text",
        "xml",
        "shop",
        "*",
        "[",
        "tag:",
        "%00",
        "%ff",
        ",",
    ]);
    vec(pieces, 0..8).prop_map(|pieces| format!("?{}", pieces.concat()))
}

fn header() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ -~]{0,60}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..30),
        Just(b"application/json".to_vec()),
        Just(b"Bearer t0ke".to_vec()),
        Just(b"Basic t0ken".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_head_is_answered_and_earns_nothing(
        method in method(),
        path in path(),
        query in query(),
        accept in header(),
        authorization in header(),
    ) {
        let target = format!("/smoketest{path}{query}");
        let request = Request::builder().method(method.clone()).uri(&target).body(());
        // What is no target never comes as far as this.
        let Ok(request) = request else { return Ok(()) };
        let mut head = request.into_parts().0;
        for (name, value) in [(ACCEPT, accept), (AUTHORIZATION, authorization)] {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                head.headers.insert(name, value);
            }
        }
        let endpoint = endpoint();
        let Some(route) = endpoint.route(head.uri.path()) else { return Ok(()) };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (answer, body) = runtime.block_on(endpoint.answer(route, &head)).into_parts();
        // A stranger gets no other.
        let body = body.into_bytes().expect("the answer is whole");
        let shown = format!("{:?}{}", answer.headers, String::from_utf8_lossy(&body));
        for secret in SECRETS {
            prop_assert!(!shown.contains(secret), "{method} {target}: {shown}");
        }
        // Without a schedule the process is known to live, and to be as ready as it ever will be.
        let asked = head.uri.path().trim_start_matches("/smoketest").trim_matches('/');
        let lives = ["live", "startup", "ready"].contains(&asked);
        if answer.status == StatusCode::OK {
            prop_assert!(lives, "{method} {target}: {shown}");
        } else {
            prop_assert!(!shown.contains("PASS"), "{method} {target}: {shown}");
        }
        let length = answer.headers["content-length"].to_str()?.parse::<usize>()?;
        prop_assert!(method == Method::HEAD || length == body.len());
    }
}
