//! Requests share runs, and no run or test gets in the way of the service.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::mpsc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use smoke_tower::{Event, Limits, Registry, Runner, SmokeLayer, Test};
use support::{Answer, Gated, ask, get, layered, open, passing, request};

#[tokio::test]
async fn two_hundred_equal_requests_make_one_run() {
    let gated = Gated::new();
    let shop = open(Registry::new().test(gated.test("shop::opens")));
    let asking = join_all((0..200).map(|_| get(&shop, "/smoketest/")));
    let opening = async {
        gated.started.notified().await;
        gated.open();
    };
    // All 200 have asked before the gate can open: the first poll of the join polls each of them.
    let (answers, ()) = tokio::join!(asking, opening);
    assert_eq!(gated.count(), 1);
    let run = answers[0].header("x-smoke-run");
    for answer in &answers {
        assert_eq!(answer.first_line(), "PASS");
        assert_eq!(answer.header("x-smoke-run"), run);
    }
}

#[tokio::test]
async fn two_hundred_different_selections_start_no_more_runs_than_the_limits_allow() {
    let gated = Gated::new();
    let limits = Limits::default().runs_at_once(2).runs_waiting(3);
    let shop = open(
        Registry::new()
            .limits(limits)
            .test(gated.test("shop::opens")),
    );
    let asking = join_all((0..200).map(|at| {
        let uri = format!("/smoketest/?select=shop::%7Bopens,x{at}%7D");
        let shop = shop.clone();
        async move { get(&shop, &uri).await }
    }));
    let opening = async {
        gated.started.notified().await;
        gated.open();
    };
    let (answers, ()) = tokio::join!(asking, opening);
    let (answered, refused): (Vec<Answer>, Vec<Answer>) = answers
        .into_iter()
        .partition(|answer| answer.status == StatusCode::OK);
    assert_eq!(answered.len(), 5);
    assert_eq!(gated.count(), 5);
    for answer in refused {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.first_line(), "FAIL");
        assert!(answer.body.contains("busy"), "{}", answer.body);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    }
}

#[tokio::test]
async fn a_busy_runner_says_when_to_ask_again() {
    let gated = Gated::new();
    let limits = Limits::default().runs_at_once(1).runs_waiting(0);
    let registry = passing()
        .limits(limits)
        .test(gated.test("shop::is_slow").slow());
    let shop = open(registry);
    let mut first = Box::pin(get(&shop, "/smoketest/slow/"));
    assert!(first.as_mut().now_or_never().is_none());
    for (uri, json) in [("/smoketest/", false), ("/smoketest/?format=json", true)] {
        let answer = get(&shop, uri).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("x-smoke-status"), "FAIL");
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
        if !json {
            assert_eq!(answer.first_line(), "FAIL");
        }
    }
    gated.open();
    assert_eq!(first.await.first_line(), "PASS");
    assert_eq!(get(&shop, "/smoketest/").await.first_line(), "PASS");
}

#[tokio::test]
async fn a_client_that_goes_away_changes_nothing() {
    let gated = Gated::new();
    let runner = Runner::new(Registry::new().test(gated.test("shop::opens")).open());
    let shop = layered(SmokeLayer::new(&runner));
    let mut events = runner.events();
    let mut asking = Box::pin(get(&shop, "/smoketest/"));
    assert!(asking.as_mut().now_or_never().is_none());
    gated.started.notified().await;
    drop(asking);
    gated.open();
    let report = loop {
        if let Event::RunFinished { report, .. } = events.recv().await.unwrap() {
            break report;
        }
    };
    assert!(report.verdict().is_pass(), "{report:#?}");
    // The next one gets the report of that run, once it is there to be had.
    let answer = get(&shop, "/smoketest/").await;
    assert_eq!(answer.header("x-smoke-run"), report.run);
    assert_eq!(gated.count(), 1);
}

/// The service has this one thread: whatever stopped it would stop the other requests.
#[tokio::test(flavor = "current_thread")]
async fn a_test_that_stops_its_thread_delays_no_other_request() {
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Arc::new(std::sync::Mutex::new(released));
    let (start, mut started) = tokio::sync::mpsc::unbounded_channel();
    let registry = Registry::new()
        .test(Test::new("shop::blocks_in_async_code", move || {
            let (start, released) = (start.clone(), released.clone());
            async move {
                let _ = start.send(());
                let _ = released.lock().unwrap().recv();
            }
        }))
        .test(
            Test::new("shop::never_ends", async || {
                std::future::pending::<()>().await
            })
            .timeout(Duration::from_millis(300)),
        )
        .test(Test::new("shop::panics", panics));
    let shop = open(registry);
    let mut asking = Box::pin(get(&shop, "/smoketest/"));
    assert!(asking.as_mut().now_or_never().is_none());
    started.recv().await.unwrap();
    // Without a timer: each of these is answered while a test has stopped its own thread.
    for path in ["/", "/users", "/smoketest/nowhere"] {
        let answer = get(&shop, path).now_or_never();
        assert!(answer.is_some(), "{path} had to wait");
    }
    release.send(()).unwrap();
    let answer = asking.await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    for line in [
        "tests passed: 1",
        "tests errored: 2",
        "shop::never_ends errored: took longer than its limit of 300ms",
        "shop::panics errored: ",
    ] {
        assert!(answer.body.contains(line), "{line}: {}", answer.body);
    }
}

fn panics() {
    panic!("the till fell");
}

#[tokio::test(flavor = "current_thread")]
async fn a_test_that_hangs_is_reported_within_the_runs_limit() {
    let (_never, held) = mpsc::channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(held));
    let limits = Limits::default()
        .run(Duration::from_secs(2))
        .test(Duration::from_millis(200));
    let registry = passing()
        .limits(limits)
        .test(Test::new("shop::hangs", move || {
            let held = held.clone();
            async move {
                let _ = held.lock().unwrap().recv();
            }
        }));
    let shop = open(registry);
    let answer = tokio::time::timeout(Duration::from_secs(2), get(&shop, "/smoketest/")).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.contains("shop::hangs errored: "),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("\ntests passed: 1\n"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_paused_runner_says_that_it_is_switched_off() {
    let gated = Gated::new();
    gated.open();
    let runner = Runner::new(Registry::new().test(gated.test("shop::opens")).open());
    let shop = layered(SmokeLayer::new(&runner));
    runner.pause();
    for (method, uri) in [
        (Method::GET, "/smoketest/"),
        (Method::GET, "/smoketest/slow/?format=json"),
        (Method::POST, "/smoketest/"),
    ] {
        let answer = ask(shop.clone(), request(method, uri)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("x-smoke-status"), "FAIL");
        assert!(answer.body.contains("switched off"), "{}", answer.body);
    }
    assert_eq!(gated.count(), 0);
    assert_eq!(get(&shop, "/").await.body, "the shop at /");
    runner.resume();
    assert_eq!(get(&shop, "/smoketest/").await.first_line(), "PASS");
}

#[tokio::test]
async fn a_runner_that_is_shut_down_says_so() {
    let runner = Runner::new(passing().open());
    let shop = layered(SmokeLayer::new(&runner));
    runner.shutdown().await;
    let answer = get(&shop, "/smoketest/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("shut down"), "{}", answer.body);
}
