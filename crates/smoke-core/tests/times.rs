//! Where the time of a test goes.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{
    App, AppBody, AppFactory, Backend, Client, Event, Limits, OpenRequest, Opened, Outcome,
    Provided, Registry, Result, Runner, Sandbox, Selection, Test, TestReport,
};
use support::{Paper, Pool, assert_ended, is_start_of_a_test, only, until};
use tokio::sync::Semaphore;
use tokio::time::sleep;

const A_WHILE: Duration = Duration::from_millis(20);

/// Takes a while to open a sandbox.
struct Slow(Paper);

impl Backend for Slow {
    type Pool = Pool;

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        Box::pin(async move {
            sleep(A_WHILE).await;
            self.0.open(request).await
        })
    }
}

/// An application that takes a while to be built, on a sandbox.
struct Shop(Pool);

impl App for Shop {
    fn call(
        &self,
        _: http::Request<AppBody>,
    ) -> BoxFuture<
        'static,
        std::result::Result<http::Response<AppBody>, Box<dyn std::error::Error + Send + Sync>>,
    > {
        self.0.take();
        Box::pin(async { Ok(http::Response::new(AppBody::default())) })
    }
}

#[tokio::test]
async fn sandbox_application_and_body_are_told_apart() {
    let app = AppFactory::new(
        async |Sandbox(pool): Sandbox<Pool>| {
            sleep(A_WHILE).await;
            Shop(pool)
        },
        |app: Shop| app,
    );
    let body = async |client: Client| -> Result {
        client.get("/").send().await?;
        sleep(A_WHILE).await;
        Ok(())
    };
    let registry = Registry::new().rollback(Slow(Paper::default())).app(app);
    let report = support::run(registry.test(Test::new("shop::opens", body))).await;
    let took = report.duration;
    let test = only(report);
    assert_ended(&test, Outcome::Passed, "");
    let times = test.times.unwrap();
    for part in [times.sandbox, times.app_build, times.body] {
        assert!(part >= A_WHILE, "{times:?}");
    }
    // Each moment was counted once, though the sandbox was opened while the application was built.
    assert_eq!(times.counted(), test.duration);
    assert!(
        took >= times.counted() + times.waiting,
        "{took:?}: {times:?}"
    );
}

#[tokio::test]
async fn a_test_that_did_not_begin_has_no_times() {
    let skipped = support::run_one(Test::new("a", || {}).skip("no printer")).await;
    assert_eq!(skipped.times, None);
}

/// Whether the second of two runs of the same test says that it waited for the first.
async fn waited_for(registry: Registry) -> bool {
    let gate = Arc::new(Semaphore::new(0));
    let runner = Runner::new(registry.provide(Arc::clone(&gate)));
    let mut events = runner.events();
    let run = || {
        let runner = runner.clone();
        tokio::spawn(async move { runner.run(Selection::fast()).await })
    };
    let first = run();
    until(&mut events, is_start_of_a_test).await;
    let second = run();
    until(&mut events, |event| {
        matches!(event, Event::RunStarted { .. })
    })
    .await;
    // The time itself is what is told.
    sleep(A_WHILE).await;
    gate.close();
    assert!(first.await.unwrap().verdict().is_pass());
    let waited = |test: TestReport| test.times.unwrap().waiting;
    let waited = waited(only(second.await.unwrap()));
    // When the second has asked for its turn is not seen: only that it is about to.
    waited >= A_WHILE / 2
}

async fn in_one_of_twenty(attempt: impl AsyncFn() -> bool) {
    for _ in 0..20 {
        if attempt().await {
            return;
        }
    }
    panic!("in twenty attempts it never was so");
}

#[tokio::test]
async fn waiting_for_a_turn_is_told() {
    in_one_of_twenty(async || {
        let body = async |gate: Provided<Arc<Semaphore>>| drop(gate.acquire().await);
        waited_for(Registry::new().test(Test::new("a", body))).await
    })
    .await;
}

#[tokio::test]
async fn waiting_for_a_place_for_a_sandbox_is_told_and_does_not_count() {
    in_one_of_twenty(async || {
        let paper = Paper {
            pause: A_WHILE,
            ..Paper::default()
        };
        let body = async |_: Sandbox<Pool>| {};
        let registry = Registry::new()
            .limits(Limits::default().tests_at_once(2))
            .rollback(paper)
            .test(Test::new("a", body))
            .test(Test::new("b", body));
        let report = support::run(registry).await;
        report.tests.iter().any(|test| {
            let times = test.times.unwrap();
            assert_eq!(times.counted(), test.duration);
            times.waiting >= A_WHILE / 2
        })
    })
    .await;
}
