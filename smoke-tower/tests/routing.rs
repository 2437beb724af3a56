//! Which requests are the endpoint's, where the conformance suite does not ask.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use http::{Method, StatusCode};
use smoke_tower::{SmokeLayer, SmokeService};
use support::{ask, get, open, passing, request};

#[tokio::test]
async fn a_target_without_a_path_is_the_applications() {
    let shop = open(passing());
    for (method, target) in [
        (Method::OPTIONS, "*"),
        (Method::CONNECT, "shop.example:443"),
    ] {
        let answer = ask(shop.clone(), request(method, target)).await;
        assert!(!answer.is_ours(), "{target}");
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
