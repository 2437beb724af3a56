//! The probe path for Prometheus.
#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Method, Request};
use http_body_util::Full;
use smoke_conformance::eventually;
use smoke_tower::{Failure, Registry, Runner, Schedule, SmokeLayer, Test};
use support::{Answer, Shop, layered};

const PATIENCE: Duration = Duration::from_secs(30);

fn registry() -> Registry {
    let fails = async || Err::<(), _>(Failure::new("the kangaroo is out"));
    Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::disk", fails).instance())
        .schedule(Schedule::every(Duration::from_millis(100)))
        .token("t0ken")
}

async fn scraped(shop: &Shop) -> Answer {
    let request = Request::get("/smoketest/metrics").header(AUTHORIZATION, "Bearer t0ken");
    support::ask(shop.clone(), request.body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn the_trusted_are_told_what_scheduled_runs_found() {
    let runner = Runner::new(registry());
    let shop = layered(SmokeLayer::new(&runner));
    let early = scraped(&shop).await;
    assert_eq!(early.status, 200);
    assert!(
        early.body.contains("smoke_probe{probe=\"ready\"} 0.0\n"),
        "{}",
        early.body
    );
    runner.start();
    let look = async || scraped(&shop).await.body;
    let wanted = |body: &String| body.contains("smoke_state{state=\"down\"} 1.0\n");
    let body = eventually(PATIENCE, look, wanted).await.unwrap();
    for line in [
        "smoke_probe{probe=\"live\"} 1.0",
        "smoke_probe{probe=\"status\"} 0.0",
        "smoke_state{state=\"draining\"} 0.0",
        "smoke_test_outcome{test=\"shop::opens\",scope=\"shared\",outcome=\"passed\"} 1.0",
        "smoke_test_outcome{test=\"shop::disk\",scope=\"instance\",outcome=\"failed\"} 1.0",
        "smoke_test_down{test=\"shop::disk\",scope=\"instance\"} 1.0",
        "smoke_schedule_passed{schedule=\"fast every 100ms\"} 0.0",
        "# EOF",
    ] {
        assert!(
            body.lines().any(|found| found == line),
            "{line} is missing: {body}"
        );
    }
    for name in [
        "smoke_runs_total{verdict=\"fail\"} ",
        "smoke_schedule_age_seconds{",
        "smoke_test_duration_seconds{",
    ] {
        assert!(body.contains(name), "{name} is missing: {body}");
    }
    assert!(!body.contains("kangaroo"), "no message is a label: {body}");
    let answer = scraped(&shop).await;
    let kind = answer.header("content-type");
    assert!(
        kind.starts_with("application/openmetrics-text; version=1.0.0"),
        "{kind}"
    );
}

#[tokio::test]
async fn what_was_refused_is_counted_by_its_reason() {
    let runner = Runner::new(registry());
    let shop = layered(SmokeLayer::new(&runner));
    runner.pause();
    for nth in 0..3 {
        // What a stranger sends makes no new line.
        support::get(&shop, &format!("/smoketest/?x={nth}")).await;
    }
    let body = scraped(&shop).await.body;
    let line = "smoke_refused_starts_total{reason=\"off\"} 3";
    assert!(
        body.lines().any(|found| found == line),
        "{line} is missing: {body}"
    );
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let shop = layered(SmokeLayer::new(registry()));
    let answer = support::get(&shop, "/smoketest/metrics").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("x-smoke-status"), "FAIL");
    assert!(!answer.body.contains("smoke_"), "{}", answer.body);
    let without = layered(SmokeLayer::new(
        Registry::new().test(Test::new("shop::opens", async || {})),
    ));
    assert_eq!(
        support::get(&without, "/smoketest/metrics").await.status,
        403
    );
    let posted = support::request(Method::POST, "/smoketest/metrics");
    let posted = support::ask(without, posted).await;
    assert_eq!(posted.status, 403);
}
