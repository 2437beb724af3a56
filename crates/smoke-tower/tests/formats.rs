//! In which form the answer comes.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use http::StatusCode;
use smoke_tower::{Registry, Test};
use support::{ask, get, open, passing, with_header};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

#[tokio::test]
async fn the_format_in_the_url_beats_the_one_in_accept() {
    let shop = open(passing());
    for (uri, accept, wanted) in [
        ("/smoketest/", "*/*", TEXT),
        ("/smoketest/", "application/json", JSON),
        (
            "/smoketest/",
            "text/html,application/xml;q=0.9,*/*;q=0.8",
            TEXT,
        ),
        ("/smoketest/", ";;;", TEXT),
        ("/smoketest/?format=text", "application/json", TEXT),
        ("/smoketest/?format=json", "text/plain", JSON),
    ] {
        let answer = ask(shop.clone(), with_header(uri, "accept", accept)).await;
        assert_eq!(answer.header("content-type"), wanted, "{uri} {accept}");
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("vary"), "Accept");
        if wanted == JSON {
            let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(json["status"], "PASS");
        } else {
            assert_eq!(answer.first_line(), "PASS");
        }
    }
}

#[tokio::test]
async fn an_unknown_format_is_a_fail_that_names_it() {
    let answer = get(&open(passing()), "/smoketest/?format=xml").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.first_line(), "FAIL");
    assert!(answer.body.contains("\"xml\""), "{}", answer.body);
}

#[tokio::test]
async fn parameters_of_the_probers_own_are_ignored() {
    let shop = open(passing());
    for query in ["uptime_kuma_cachebuster=0.12", "a=b&c", "&&=", "%ff=%", "x"] {
        let answer = get(&shop, &format!("/smoketest/?{query}")).await;
        assert_eq!(answer.first_line(), "PASS", "{query}");
    }
}

#[tokio::test]
async fn the_length_is_always_known_and_nothing_may_be_stored() {
    let registry = Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::breaks", async || Err::<(), _>("broken")));
    let shop = open(registry);
    for uri in [
        "/smoketest/",
        "/smoketest/?format=json",
        "/smoketest/slow/",
        "/smoketest/?select=nobody",
        "/smoketest/nowhere",
    ] {
        let answer = get(&shop, uri).await;
        assert_eq!(
            answer.header("content-length"),
            answer.body.len().to_string().as_str(),
            "{uri}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{uri}");
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{uri}");
        assert_ne!(answer.header("last-modified"), "", "{uri}");
        assert_eq!(answer.header("etag"), "", "{uri}");
        assert!(!answer.body.contains("PASS"), "{uri}: {}", answer.body);
    }
}

#[tokio::test]
async fn conditional_requests_get_the_whole_answer() {
    let shop = open(passing());
    for (name, value) in [
        ("if-none-match", "*"),
        ("if-modified-since", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("if-match", "\"x\""),
        ("range", "bytes=0-3"),
    ] {
        let answer = ask(shop.clone(), with_header("/smoketest/", name, value)).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert!(answer.body.starts_with("PASS\ntest classes: 1\n"), "{name}");
    }
}

#[tokio::test]
async fn only_a_report_that_is_used_again_has_an_age() {
    let shop = open(passing());
    let first = get(&shop, "/smoketest/").await;
    assert!(!first.headers.contains_key("age"), "{:?}", first.headers);
    let again = get(&shop, "/smoketest/").await;
    assert_eq!(again.header("x-smoke-run"), first.header("x-smoke-run"));
    assert!(again.header("age").parse::<u32>().unwrap() <= 2);
}
