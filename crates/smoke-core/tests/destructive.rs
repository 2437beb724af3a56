//! A test of which something stays runs only for whoever means it.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, Request};
use smoke_core::{Endpoint, Outcome, Registry, Runner, Selection, Suite, Test};

/// A registry with a destructive test beside another one, and how often the first has run.
fn registry() -> (Registry, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let destroys = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}))
        .test(Test::new("shop::mails", destroys).destructive())
        .allow(["10.0.0.0/8"])
        .token("t0ken");
    (registry, runs)
}

/// The body of the answer.
async fn asked(endpoint: &Endpoint, method: Method, peer: &str, token: Option<&str>) -> String {
    let peer: SocketAddr = peer.parse().unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri("/smoketest/")
        .header("sec-fetch-site", "same-origin")
        .extension(peer);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let head = request.body(()).unwrap().into_parts().0;
    let route = endpoint.route("/smoketest/").unwrap();
    let answer = endpoint.answer(route, &head).await;
    String::from_utf8(answer.into_body().into_bytes().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn what_the_registry_does_not_allow_is_skipped_with_the_reason() {
    let (registry, runs) = registry();
    let endpoint = Endpoint::new(Runner::new(registry));
    let said = "\nshop::mails skipped: destructive: the registry does not say .allow_destructive(\"why\")\n";
    for method in [Method::GET, Method::POST] {
        let answer = asked(&endpoint, method, "203.0.113.5:1", Some("Bearer t0ken")).await;
        assert!(
            answer.starts_with("PASS\n") && answer.ends_with(said),
            "{answer}"
        );
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[cfg(feature = "destructive")]
#[tokio::test]
async fn a_post_with_the_token_runs_it_and_nothing_else_does() {
    let (registry, runs) = registry();
    let runner = Runner::new(registry.allow_destructive("sends a mail to ourselves"));
    let endpoint = Endpoint::new(&runner);
    let said = "\nshop::mails skipped: destructive: only POST with the token runs it\n";
    for (method, peer, token) in [
        (Method::GET, "203.0.113.5:1", Some("Bearer t0ken")),
        // Trusted, and by its network alone.
        (Method::GET, "10.0.0.7:1", None),
        (Method::POST, "10.0.0.7:1", None),
    ] {
        let answer = asked(&endpoint, method, peer, token).await;
        assert!(
            answer.starts_with("PASS\n") && answer.ends_with(said),
            "{answer}"
        );
    }
    let report = runner.run(Selection::slow()).await;
    assert_eq!(report.counts().skipped, 1);
    assert_eq!(runs.load(Ordering::SeqCst), 0);

    let token = Some("Bearer t0ken");
    let answer = asked(&endpoint, Method::POST, "203.0.113.5:1", token).await;
    assert!(answer.contains("\ntests passed: 2\n"), "{answer}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // Whoever asks afterwards is not answered by that run.
    let answer = asked(&endpoint, Method::GET, "203.0.113.5:1", token).await;
    assert!(answer.ends_with(said), "{answer}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[cfg(feature = "destructive")]
#[tokio::test]
async fn whoever_allows_it_says_why_and_sets_a_token() {
    let said = |registry: Registry| registry.problems().join("\n");
    let (registry, _) = registry();
    assert!(said(registry.allow_destructive(" ")).contains("does not say why"));
    let registry = Registry::new().test(Test::new("shop::mails", || {}).destructive());
    assert!(said(registry.allow_destructive("mails")).contains("no .token(..)"));
}

#[tokio::test]
async fn a_suite_of_them_is_not_set_up() {
    let set_up = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&set_up);
    let suite = Suite::new("shop")
        .with(Test::new("shop::mails", || {}).destructive())
        .set_up(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
    let runner = Runner::new(Registry::new().suite(suite));
    let report = runner.run(Selection::slow()).await;
    assert_eq!(report.tests[0].outcome, Outcome::Skipped);
    assert_eq!(report.fail_reasons(), ["no test ran"]);
    assert_eq!(set_up.load(Ordering::SeqCst), 0);
}
