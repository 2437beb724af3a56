//! What becomes of tests whose application under test cannot be built, or takes too long to build.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{
    App, AppBody, AppFactory, Client, Context, Fixture, Kind, Limits, Outcome, Provided, Providers,
    Registry, Report, Result, RollbackVerdict, Runner, Sandbox, Selection, Skip, Test,
};
use support::{Diary, PATIENCE, Paper, Pool, assert_ended, eventually, only, run};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

struct NoApp;

impl App for NoApp {
    fn call(
        &self,
        _: http::Request<AppBody>,
    ) -> BoxFuture<'static, std::result::Result<http::Response<AppBody>, BoxError>> {
        Box::pin(async { Err("no app".into()) })
    }
}

const UNBUILT: &str = "the application under test could not be built: ";

/// Counts how often it is asked for an application, and has none.
fn failing(asked: &Arc<AtomicUsize>) -> AppFactory {
    let asked = Arc::clone(asked);
    let factory = move |_: Sandbox<Pool>| -> Result<NoApp> {
        asked.fetch_add(1, Ordering::SeqCst);
        Err("redis: connection refused".into())
    };
    AppFactory::new(factory, |app: NoApp| app)
}

fn five(registry: Registry) -> Registry {
    (0..5).fold(registry, |registry, at| {
        registry.test(Test::new(format!("t{at}"), |_: Client| {}))
    })
}

fn assert_told(report: &Report) {
    for test in &report.tests {
        let said = format!("{UNBUILT}redis: connection refused");
        assert_ended(test, Outcome::Errored, &said);
    }
    let told = |message: &str| message.contains("it is not built again in this run");
    let told = |test: &&smoke_core::TestReport| test.message.as_deref().is_some_and(told);
    assert_eq!(report.tests.iter().filter(told).count(), 4, "{report:#?}");
}

#[tokio::test]
async fn a_factory_that_fails_is_asked_once_a_run() {
    let asked = Arc::default();
    let registry = Registry::new()
        .rollback(Paper::default())
        .app(failing(&asked));
    let runner = Runner::new(five(registry));
    for times in 1..=2 {
        assert_told(&runner.run(Selection::fast()).await);
        assert_eq!(asked.load(Ordering::SeqCst), times);
    }
}

#[tokio::test]
async fn no_sandbox_is_opened_for_an_application_that_cannot_be_built() {
    let paper = Paper::default();
    let registry = Registry::new()
        .rollback(paper.clone())
        .app(failing(&Arc::default()));
    let one_by_one = Limits::default().tests_at_once(1);
    assert_told(&run(five(registry).limits(one_by_one)).await);
    assert_eq!(paper.diary.lines(), ["open t0", "finish t0"]);
}

#[tokio::test]
async fn tests_that_need_no_application_are_run_all_the_same() {
    let registry = Registry::new()
        .rollback(Paper::default())
        .app(failing(&Arc::default()))
        .test(Test::new("a", |_: Client| {}))
        .test(Test::new("b", |_: Sandbox<Pool>| {}))
        .test(Test::new("c", || {}));
    let report = run(registry).await;
    let outcomes: Vec<_> = report.tests.iter().map(|test| test.outcome).collect();
    use Outcome::{Errored, Passed};
    assert_eq!(outcomes, [Errored, Passed, Passed], "{report:#?}");
}

const SOON: Duration = Duration::from_millis(20);

/// Waits until the sandbox of the test is cut.
async fn is_cut(diary: &Diary) -> Result<(), String> {
    let cut = eventually(PATIENCE, async || diary.count("cut a"), |count| *count > 0);
    cut.await.map(drop)
}

/// A test with a sandbox that is soon at its limit, whose factory goes on until after that.
async fn slow(ends: fn() -> Result<NoApp>) -> smoke_core::TestReport {
    let paper = Paper {
        limit: SOON,
        ..Paper::default()
    };
    let diary = paper.diary.clone();
    let factory = move |_: Sandbox<Pool>| {
        let diary = diary.clone();
        async move {
            tokio::time::sleep(SOON).await;
            is_cut(&diary).await?;
            ends()
        }
    };
    let app = AppFactory::new(factory, |app: NoApp| app);
    let registry = Registry::new().rollback(paper).app(app);
    only(run(registry.test(Test::new("a", |_: Client| {}))).await)
}

#[tokio::test]
async fn a_factory_that_takes_longer_than_a_sandbox_is_said_as_such() {
    let test = slow(|| Ok(NoApp)).await;
    assert_ended(&test, Outcome::Errored, UNBUILT);
    let said = test.message.unwrap();
    assert!(said.contains("its factory took "), "{said}");
    assert!(
        said.contains("is ended after 20ms: make clients earlier"),
        "{said}"
    );
    assert!(!said.contains("held for longer"), "{said}");
}

#[tokio::test]
async fn a_factory_that_fails_late_says_why_first() {
    let test = slow(|| Err("redis: timed out".into())).await;
    let said = test.message.as_deref();
    assert_eq!(said, Some(&*format!("{UNBUILT}redis: timed out")));
    assert!(test.causes[0].contains("its factory took "), "{test:#?}");
}

#[tokio::test]
async fn a_factory_is_not_blamed_for_what_a_test_held_before() {
    let paper = Paper {
        limit: Duration::from_millis(200),
        ..Paper::default()
    };
    let diary = paper.diary.clone();
    let factory = async || Err::<NoApp, _>("the connection is closed");
    let late = AppFactory::new(factory, |app: NoApp| app);
    let body = move |cx: Sandbox<Pool>, _: Waits, _: Client| drop(cx);
    let registry = Registry::new()
        .rollback(paper)
        .provide(diary)
        .app(late)
        .test(Test::new("a", body));
    let test = only(run(registry).await);
    assert_ended(&test, Outcome::Errored, "held for longer than its limit");
    let said = test.message.as_deref().unwrap_or_default();
    let ended_with = format!("; the test ended with: {UNBUILT}the connection is closed");
    assert!(said.ends_with(&ended_with), "{test:#?}");
}

/// Waits until the sandbox of the test is cut.
#[derive(Clone, Debug)]
struct Waits;

impl Fixture for Waits {
    const KIND: Kind = Kind::Database;

    async fn acquire(cx: &Context) -> Result<Self> {
        let diary = cx.get::<Provided<Diary>>().await?;
        is_cut(&diary).await?;
        Ok(Self)
    }
}

#[tokio::test]
async fn a_factory_that_does_not_return_is_said_beside_the_limit_of_the_test() {
    let factory = async |_: Sandbox<Pool>| std::future::pending::<NoApp>().await;
    let registry = Registry::new()
        .rollback(Paper::default())
        .app(AppFactory::new(factory, |app: NoApp| app))
        .limits(
            Limits::default()
                .tests_at_once(1)
                .test(Duration::from_millis(300)),
        );
    let report = run(five(registry)).await;
    for test in &report.tests {
        let said = format!("{UNBUILT}its factory had not returned after ");
        assert_ended(test, Outcome::Errored, &said);
    }
    let first = report.tests[0].message.as_deref().unwrap_or_default();
    let ended_with = "; the test ended with: took longer than its limit of 300ms";
    assert!(first.ends_with(ended_with), "{first}");
    let told = report.tests[1].message.as_deref().unwrap_or_default();
    assert!(told.contains("(found by t0;"), "{told}");
}

#[tokio::test]
async fn what_the_database_met_is_tried_again() {
    let paper = Paper::default();
    *paper.verdict.lock().unwrap() = RollbackVerdict::Contended {
        cause: "a deadlock".to_owned(),
    };
    let (verdict, asked) = (Arc::clone(&paper.verdict), Arc::new(AtomicUsize::new(0)));
    let factory = move |_: Sandbox<Pool>| -> Result<NoApp> {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err("the prices cannot be read".into());
        }
        *verdict.lock().unwrap() = RollbackVerdict::RolledBack;
        Ok(NoApp)
    };
    let app = AppFactory::new(factory, |app: NoApp| app);
    let report = run(five(Registry::new().rollback(paper).app(app))).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
}

#[tokio::test]
async fn a_fixture_of_the_factory_that_fails_is_that_fixtures_fault() {
    let paper = Paper {
        broken: Some("refused".to_owned()),
        ..Paper::default()
    };
    let registry = Registry::new()
        .rollback(paper)
        .app(failing(&Arc::default()));
    for test in run(five(registry)).await.tests {
        assert_ended(
            &test,
            Outcome::Errored,
            "the sandbox could not be opened (paper)",
        );
        let said = test.message.unwrap();
        assert!(!said.contains("could not be built"), "{said}");
    }
}

#[tokio::test]
async fn a_factory_may_skip_the_tests() {
    let factory = || Err::<NoApp, _>(Skip::new("no redis in this region"));
    let app = AppFactory::new(factory, |app: NoApp| app);
    for test in run(five(Registry::new().app(app))).await.tests {
        assert_eq!(test.outcome, Outcome::Skipped, "{test:#?}");
        assert_eq!(test.message.as_deref(), Some("no redis in this region"));
    }
}

/// A client that is made for the test, before any sandbox is opened.
#[derive(Clone, Debug)]
struct Redis;

impl Fixture for Redis {
    const KIND: Kind = Kind::Unit;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Provided<Paper>>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let paper = cx.get::<Provided<Paper>>().await?;
        paper.diary.note("connect");
        Ok(Self)
    }
}

#[tokio::test]
async fn fixtures_that_need_no_database_are_acquired_before_a_sandbox_is_opened() {
    let of_factory = AppFactory::new(|_: Sandbox<Pool>, _: Redis| NoApp, |app: NoApp| app);
    let of_test = AppFactory::new(|_: Sandbox<Pool>| NoApp, |app: NoApp| app);
    for (app, test) in [
        (of_factory, Test::new("a", |_: Client| {})),
        (of_test, Test::new("a", |_: Client, _: Redis| {})),
    ] {
        let paper = Paper::default();
        let registry = Registry::new().rollback(paper.clone()).app(app).test(test);
        assert!(
            run(registry.provide(paper.clone()))
                .await
                .verdict()
                .is_pass()
        );
        assert_eq!(paper.diary.lines(), ["connect", "open a", "finish a"]);
    }
}
