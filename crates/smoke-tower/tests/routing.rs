//! Which requests are the endpoint's, and how they are answered that are not a run.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use http::{Method, Request, StatusCode};
use http_body_util::Full;
use smoke_tower::{SmokeLayer, SmokeService, Test};
use support::{ask, get, layered, open, passing, request};

#[tokio::test]
async fn the_endpoint_answers_with_and_without_the_trailing_slash() {
    let shop = open(passing().test(Test::new("shop::counts_the_till", async || {}).slow()));
    for (path, tests) in [
        ("/smoketest", 1),
        ("/smoketest/", 1),
        ("/smoketest/slow", 2),
        ("/smoketest/slow/", 2),
    ] {
        let answer = get(&shop, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("x-smoke-status"), "PASS");
        assert!(
            answer.body.contains(&format!("\ntests run: {tests}\n")),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn what_only_looks_like_the_prefix_is_the_applications() {
    let shop = open(passing());
    for path in [
        "/",
        "/smoketests",
        "/smoketest.html",
        "/Smoketest/",
        "//smoketest/",
        "/x/smoketest/",
        "/smoketest%2F",
        "/?/smoketest/",
    ] {
        let answer = get(&shop, path).await;
        assert!(!answer.is_ours(), "{path}");
        assert!(answer.body.starts_with("the shop at "), "{path}");
    }
    for target in ["*", "shop.example:443"] {
        let method = if target == "*" {
            Method::OPTIONS
        } else {
            Method::CONNECT
        };
        let answer = ask(shop.clone(), request(method, target)).await;
        assert!(!answer.is_ours(), "{target}");
    }
}

#[tokio::test]
async fn an_absolute_target_is_routed_by_its_path() {
    let answer = get(&open(passing()), "http://shop.example/smoketest/?x=1").await;
    assert_eq!(answer.header("x-smoke-status"), "PASS");
}

#[tokio::test]
async fn an_unknown_path_under_the_prefix_is_a_404_that_says_fail() {
    let shop = open(passing());
    for path in [
        "/smoketest//",
        "/smoketest/fast",
        "/smoketest/slow/er",
        "/smoketest/../",
    ] {
        let answer = get(&shop, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.first_line(), "FAIL");
        assert_eq!(answer.header("x-smoke-status"), "FAIL");
    }
}

#[tokio::test]
async fn another_prefix_replaces_the_first() {
    let layer = SmokeLayer::new(passing().open())
        .prefix("/internal/smoke/")
        .unwrap();
    let shop = layered(layer);
    assert_eq!(get(&shop, "/internal/smoke").await.first_line(), "PASS");
    assert_eq!(
        get(&shop, "/internal/smoke/slow/").await.first_line(),
        "PASS"
    );
    for path in ["/smoketest/", "/internal", "/internal/smokes"] {
        assert!(!get(&shop, path).await.is_ours(), "{path}");
    }
}

#[test]
fn a_prefix_that_nothing_could_reach_is_an_error() {
    for prefix in ["", "/", "smoke", "/a b", "/:a"] {
        assert!(
            SmokeLayer::new(passing()).prefix(prefix).is_err(),
            "{prefix}"
        );
        assert!(
            SmokeService::new(passing()).prefix(prefix).is_err(),
            "{prefix}"
        );
    }
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_allowed() {
    let shop = open(passing());
    for method in [
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::TRACE,
    ] {
        let answer = ask(shop.clone(), request(method.clone(), "/smoketest/")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
        assert_eq!(answer.first_line(), "FAIL");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let shop = open(passing());
    let got = get(&shop, "/smoketest/").await;
    let head = ask(shop, request(Method::HEAD, "/smoketest/")).await;
    assert_eq!(head.status, got.status);
    assert_eq!(head.body, "");
    // The same run answers both, the second time with its age.
    let names = |headers: &http::HeaderMap| {
        let mut names: Vec<_> = headers
            .iter()
            .filter(|(name, _)| *name != "age")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&head.headers), names(&got.headers));
    assert_eq!(
        head.header("content-length"),
        got.body.len().to_string().as_str()
    );
}

#[tokio::test]
async fn post_starts_a_run_of_its_own_whatever_its_body() {
    let shop = open(passing());
    let first = get(&shop, "/smoketest/").await;
    let again = get(&shop, "/smoketest/").await;
    assert_eq!(first.header("x-smoke-run"), again.header("x-smoke-run"));
    let post = Request::post("/smoketest/")
        .body(Full::from("a body"))
        .unwrap();
    let fresh = ask(shop, post).await;
    assert_eq!(fresh.status, StatusCode::OK);
    assert_ne!(fresh.header("x-smoke-run"), first.header("x-smoke-run"));
}

#[tokio::test]
async fn a_service_of_its_own_answers_every_path() {
    let service = SmokeService::new(passing().open());
    assert_eq!(get(&service, "/smoketest/").await.first_line(), "PASS");
    assert_eq!(get(&service, "/smoketest/slow").await.first_line(), "PASS");
    for path in ["/", "/smoketests", "/metrics"] {
        let answer = get(&service, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.first_line(), "FAIL");
    }
    let moved = SmokeService::new(passing().open())
        .prefix("/internal")
        .unwrap();
    assert_eq!(moved.prefix_path(), "/internal");
    assert_eq!(get(&moved, "/internal").await.first_line(), "PASS");
    assert_eq!(
        get(&moved, "/smoketest/").await.status,
        StatusCode::NOT_FOUND
    );
}
