//! A shop, and short ways to ask it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use smoke_axum::{Registry, Runner, Test};
use tower::{Service, ServiceExt};

/// The whole answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        match self.headers.get(name) {
            Some(value) => value.to_str().unwrap(),
            None => "",
        }
    }

    /// Whether the endpoint answered, and not the shop.
    pub fn is_ours(&self) -> bool {
        self.headers.contains_key("x-smoke-status")
    }
}

/// A runner of one test that passes.
pub fn runner() -> Runner {
    let registry = Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::counts_the_till", async || {}).slow());
    Runner::new(registry.open())
}

pub async fn ask<S>(service: S, method: Method, uri: &str) -> Answer
where
    S: Service<Request<Body>, Response = Response, Error: std::fmt::Debug>,
{
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::empty())
        .unwrap();
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.into()).unwrap(),
    }
}

pub async fn get<S>(service: &S, uri: &str) -> Answer
where
    S: Service<Request<Body>, Response = Response, Error: std::fmt::Debug> + Clone,
{
    ask(service.clone(), Method::GET, uri).await
}

/// Asserts that the endpoint is there, whole.
pub async fn assert_reached<S>(service: &S, prefix: &str)
where
    S: Service<Request<Body>, Response = Response, Error: std::fmt::Debug> + Clone,
{
    for (path, tests) in [("", 1), ("/", 1), ("/slow", 2), ("/slow/", 2)] {
        let answer = get(service, &format!("{prefix}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{prefix}{path}");
        assert_eq!(answer.header("x-smoke-status"), "PASS", "{prefix}{path}");
        assert!(answer.body.contains(&format!("\ntests run: {tests}\n")));
    }
    for path in ["/nowhere", "/slow/nowhere", "//"] {
        let answer = get(service, &format!("{prefix}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{prefix}{path}");
        assert_eq!(answer.header("x-smoke-status"), "FAIL", "{prefix}{path}");
    }
    let got = get(service, &format!("{prefix}/")).await;
    let head = ask(service.clone(), Method::HEAD, &format!("{prefix}/")).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.body, "");
    assert_eq!(
        head.header("content-length"),
        got.body.len().to_string().as_str()
    );
    let post = ask(service.clone(), Method::POST, &format!("{prefix}/")).await;
    assert_eq!(post.header("x-smoke-status"), "PASS");
    let options = ask(service.clone(), Method::OPTIONS, &format!("{prefix}/")).await;
    // It has no schedule, and OPTIONS answers as its status.
    assert_eq!(options.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(options.header("x-smoke-reason"), "unknown");
    let delete = ask(service.clone(), Method::DELETE, &format!("{prefix}/")).await;
    assert_eq!(delete.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(delete.header("allow"), "GET, HEAD, OPTIONS, POST");
    assert_eq!(delete.header("x-smoke-status"), "FAIL");
    let ready = get(service, &format!("{prefix}/ready/")).await;
    assert_eq!((ready.status, &*ready.body), (StatusCode::OK, "PASS\n"));
}
