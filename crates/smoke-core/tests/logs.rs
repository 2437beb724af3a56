//! What a test logged stands beside what became of it.
#![cfg(feature = "logs")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use http::Request;
use smoke_core::{
    Endpoint, Limits, Outcome, Registry, Result, Runner, Selection, Test, TestReport, fail, skip,
};
use support::{only, run, run_one};
use tokio::sync::{Barrier, Notify};
use tracing::{Instrument, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Has the layer listen, as an application does in `main`.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry()
            .with(smoke_core::logs::layer())
            .init();
    });
}

/// What the test logged, without the targets, which all are this file's.
fn log(test: &TestReport) -> Vec<String> {
    test.log
        .iter()
        .map(|line| line.replace(" logs:", ""))
        .collect()
}

#[tokio::test]
async fn a_test_that_fails_shows_what_it_logged() {
    listen();
    let async_ = async || -> Result {
        info!(amount = 14, currency = "EUR", "charging");
        tracing::debug!("not of interest");
        async { warn!("the till {}", "is shut") }
            .instrument(info_span!("till"))
            .await;
        fail!("no money")
    };
    let blocking = || -> Result {
        info!("counting");
        info_span!("till").in_scope(|| info!(outcome = ?Outcome::Failed));
        panic!("no till")
    };
    let test = run_one(Test::new("shop::charges", async_)).await;
    let lines = [
        "INFO charging amount=14 currency=\"EUR\"",
        "WARN the till is shut",
    ];
    assert_eq!(log(&test), lines);
    let test = run_one(Test::new("shop::counts", blocking)).await;
    assert_eq!(log(&test), ["INFO counting", "INFO outcome=Failed"]);
}

#[tokio::test]
async fn tasks_that_a_test_spawns_in_a_span_are_heard() {
    listen();
    let spawns = async || -> Result {
        let current = tokio::spawn(async { info!("in the current span") }.in_current_span());
        current.await?;
        let own = async { info!("in its own span") }.instrument(info_span!("till"));
        tokio::spawn(own).await?;
        tokio::spawn(async { info!("in no span") }).await?;
        let span = tracing::Span::current();
        let thread = std::thread::spawn(move || span.in_scope(|| info!("on a thread")));
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await?;
        fail!("no money")
    };
    let test = run_one(Test::new("shop::charges", spawns)).await;
    let lines = [
        "INFO in the current span",
        "INFO in its own span",
        "INFO on a thread",
    ];
    assert_eq!(log(&test), lines);
}

#[tokio::test]
async fn nothing_is_kept_of_a_test_that_is_good() {
    listen();
    let passes = async || info!("charging");
    let skips = async || -> Result {
        info!("charging");
        skip!("no till")
    };
    for test in [
        Test::new("shop::charges", passes),
        Test::new("shop::counts", skips),
    ] {
        assert!(run_one(test).await.log.is_empty());
    }
}

#[tokio::test]
async fn tests_that_run_at_once_are_told_apart_and_from_everybody_else() {
    listen();
    let meeting = Arc::new(Barrier::new(5));
    let test = |n: usize| {
        let meeting = Arc::clone(&meeting);
        let says = move || {
            let meeting = Arc::clone(&meeting);
            async move {
                info!("before {n}");
                meeting.wait().await;
                info!("after {n}");
                Err::<(), _>(anyhow::anyhow!("no money"))
            }
        };
        Test::new(format!("shop::charges_{n}"), says)
    };
    let registry = (0..4).fold(Registry::new(), |registry, n| registry.test(test(n)));
    let production = async {
        info!("of production");
        meeting.wait().await;
        info!("of production");
    };
    let (report, ()) = tokio::join!(run(registry), production);
    for (n, test) in report.tests.iter().enumerate() {
        let lines = [format!("INFO before {n}"), format!("INFO after {n}")];
        assert_eq!(log(test), lines);
    }
}

#[tokio::test]
async fn a_test_that_is_stopped_shows_what_it_logged_until_then() {
    listen();
    let logged = Arc::new(Notify::new());
    let tells = Arc::clone(&logged);
    let waits = move || {
        let tells = Arc::clone(&tells);
        async move {
            info!("waiting");
            tells.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let runner = Runner::new(Registry::new().test(Test::new("shop::waits", waits)));
    let stopping = async {
        logged.notified().await;
        runner.shutdown().await;
    };
    let (report, ()) = tokio::join!(runner.run(Selection::fast()), stopping);
    let test = only(report);
    assert_eq!(test.outcome, Outcome::Errored);
    assert_eq!(log(&test), ["INFO waiting"]);
}

fn talks(lines: usize) -> Test {
    Test::new("shop::talks", move || -> Result {
        info!("at postgres://app:hunter2@db/app");
        (1..lines).for_each(|n| info!("step {n}"));
        fail!("no money")
    })
}

#[tokio::test]
async fn trusted_viewers_see_no_more_than_is_kept_and_no_secrets() {
    listen();
    let registry = Registry::new()
        .test(talks(3))
        .token("t0ken")
        .limits(Limits::default().reuse(Duration::ZERO));
    let endpoint = Endpoint::new(Runner::new(registry));
    let asked = async |format: &str, token: Option<&str>| {
        let mut request = Request::get(format!("/smoketest/?format={format}"));
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let head = request.body(()).unwrap().into_parts().0;
        let route = endpoint.route("/smoketest/").unwrap();
        let answer = endpoint.answer(route, &head).await;
        String::from_utf8(answer.into_body().into_bytes().unwrap().to_vec()).unwrap()
    };
    let trusted = Some("Bearer t0ken");
    let text = asked("text", trusted).await;
    let shown = "shop::talks failed: no money\n    INFO logs: at postgres://app:***@db/app\n    \
        INFO logs: step 1\n    INFO logs: step 2\n";
    assert!(text.ends_with(shown), "{text}");
    let json: serde_json::Value = serde_json::from_str(&asked("json", trusted).await).unwrap();
    assert_eq!(json["tests"]["shop::talks"]["log"][2], "INFO logs: step 2");
    for format in ["text", "json"] {
        let stranger = asked(format, None).await;
        assert!(!stranger.contains("step"), "{stranger}");
        assert!(!stranger.contains("\"log\""), "{stranger}");
    }
    let test = run_one(talks(1000)).await;
    assert_eq!(test.log.len(), 100);
    assert!(
        test.log[99].starts_with("... and 901 more: "),
        "{:?}",
        test.log
    );
}

#[tokio::test]
async fn a_record_of_the_crate_log_has_its_own_target() {
    listen();
    // As `tracing-log` hands one on.
    let logs = || -> Result {
        info!(target: "log", { log.target = "shop::db", log.line = 7 }, "connected");
        fail!("no money")
    };
    let test = run_one(Test::new("shop::logs", logs)).await;
    assert_eq!(test.log, ["INFO shop::db: connected"]);
}

/// Counts how often it is shown.
#[derive(Clone, Default)]
struct Shown(Arc<AtomicUsize>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fetch_add(1, Ordering::SeqCst);
        f.write_str("shown")
    }
}

#[tokio::test]
async fn nothing_is_made_of_an_event_outside_of_a_test() {
    listen();
    let shown = Shown::default();
    let says = {
        let shown = shown.clone();
        move || -> Result {
            info!(?shown);
            fail!("no money")
        }
    };
    info!(?shown);
    let test = run_one(Test::new("shop::says", says)).await;
    assert_eq!(log(&test), ["INFO shown=shown"]);
    info!(?shown);
    assert_eq!(shown.0.load(Ordering::SeqCst), 1);
}
