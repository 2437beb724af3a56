//! What has to be undone is undone, whatever becomes of the test and of its run.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{
    Ask, Context, Failure, Fixture, Kind, Limits, Outcome, Provided, Registry, Result, Runner,
    Selection, Skip, Suite, Test,
};
use support::{Diary, PATIENCE, assert_ended, eventually, only, run};

/// Registers three finishers; the one in the middle does what the registry says.
#[derive(Clone)]
struct Three;

type Finisher = fn() -> futures_util::future::BoxFuture<'static, Result>;

struct Middle(Finisher);

impl Fixture for Three {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let diary = cx.get::<Provided<Diary>>().await?;
        let middle = cx.get::<Provided<Middle>>().await?;
        let (first, last) = (diary.clone(), diary.clone());
        cx.on_finish(async move { first.note("first") });
        cx.on_finish(async move { (middle.0)().await });
        cx.on_finish(async move { last.note("last") });
        Ok(Self)
    }
}

async fn three(middle: Finisher, test: Test) -> (smoke_core::Report, Diary) {
    let diary = Diary::default();
    let report = run(Registry::new()
        .provide(diary.clone())
        .provide(Middle(middle))
        .test(test))
    .await;
    (report, diary)
}

#[tokio::test]
async fn a_finisher_that_hangs_or_panics_keeps_no_other_from_running() {
    let test = || Test::new("a", |_: Three| {});
    let (report, diary) = three(|| Box::pin(std::future::pending()), test()).await;
    assert_ended(
        &only(report),
        Outcome::Errored,
        "tear-down failed: it took longer than its limit of 2s",
    );
    assert_eq!(diary.lines(), ["last", "first"]);
    let (report, diary) = three(|| Box::pin(async { panic!("no change") }), test()).await;
    assert_ended(
        &only(report),
        Outcome::Errored,
        "tear-down failed: panicked: no change",
    );
    assert_eq!(diary.lines(), ["last", "first"]);
}

#[tokio::test]
async fn a_tear_down_that_fails_is_seen_whatever_the_test_says() {
    let bad: Finisher = || Box::pin(async { Err("the account could not be deleted".into()) });
    let skips = Test::new("a", |_: Three| -> Result {
        Err(Skip::new("no printer").into())
    });
    let (report, _) = three(bad, skips).await;
    assert!(!report.verdict().is_pass());
    assert_ended(
        &only(report),
        Outcome::Errored,
        "tear-down failed: the account could not be deleted",
    );
    let fails = Test::new("a", |_: Three| -> Result {
        Err(Failure::new("left is 3").into())
    });
    let test = only(three(bad, fails).await.0);
    assert_ended(&test, Outcome::Failed, "left is 3");
    assert_eq!(
        test.causes,
        ["tear-down failed: the account could not be deleted"]
    );
}

#[tokio::test]
async fn what_a_test_was_given_is_let_go_of_also_where_its_clean_up_hangs() {
    let diary = Diary::default();
    let middle: Finisher = || Box::pin(std::future::pending());
    let value = Arc::new(());
    let kept = Arc::clone(&value);
    let body = move |_: Three| {
        let kept = Arc::clone(&kept);
        async move { drop(kept) }
    };
    let runner = Runner::new(
        Registry::new()
            .provide(diary)
            .provide(Middle(middle))
            .test(Test::new("a", body)),
    );
    runner.run(Selection::fast()).await;
    drop(runner);
    let kept = eventually(
        PATIENCE,
        async || Arc::strong_count(&value),
        |kept| *kept == 1,
    );
    kept.await.unwrap();
}

fn suite(diary: &Diary) -> Suite {
    let note = |line: &'static str| {
        let diary = diary.clone();
        move || diary.note(line)
    };
    Suite::new("shop::till")
        .set_up(note("set-up"))
        .tear_down(note("tear-down"))
}

#[tokio::test]
async fn a_suite_is_torn_down_also_where_the_runs_time_is_over() {
    let diary = Diary::default();
    let endless = async || std::future::pending::<()>().await;
    let limits = Limits::default().run(Duration::from_secs(3));
    let registry = Registry::new()
        .suite(suite(&diary).test("a", endless))
        .limits(limits);
    let runner = Runner::new(registry);
    assert!(!runner.run(Selection::fast()).await.verdict().is_pass());
    let torn_down = eventually(
        PATIENCE,
        async || diary.count("tear-down"),
        |count| *count > 0,
    );
    torn_down.await.unwrap();
    assert_eq!(diary.lines(), ["set-up", "tear-down"]);
}

#[tokio::test]
async fn runs_of_one_suite_do_not_meet() {
    let diary = Diary::default();
    let noted = diary.clone();
    let test = move || {
        let noted = noted.clone();
        async move {
            noted.note("test");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let runner = Runner::new(Registry::new().suite(suite(&diary).test("a", test)));
    let (one, other) = tokio::join!(runner.run(Selection::fast()), runner.run(Selection::slow()));
    assert!(
        one.verdict().is_pass() && other.verdict().is_pass(),
        "{one:?} {other:?}"
    );
    assert_eq!(
        diary.lines(),
        ["set-up", "test", "tear-down", "set-up", "test", "tear-down"]
    );
}

#[tokio::test]
async fn a_suite_whose_tests_are_all_skipped_is_not_set_up() {
    let diary = Diary::default();
    let suite = suite(&diary).with(Test::new("shop::till::a", || {}).skip("later"));
    run(Registry::new().suite(suite).test(Test::new("b", || {}))).await;
    assert!(diary.lines().is_empty());
}

#[tokio::test]
async fn a_failure_is_told_before_the_suite_is_torn_down() {
    let endless = async || std::future::pending::<()>().await;
    let suite = Suite::new("shop::till")
        .tear_down(endless)
        .test("fails", || -> Result {
            Err(Failure::new("left is 3").into())
        })
        .test("passes", || {});
    let limits = Limits::default().slow_run(Duration::from_secs(2));
    let report = run(Registry::new().suite(suite).limits(limits)).await;
    assert_ended(&report.tests[0], Outcome::Failed, "left is 3");
    // It is held back for the tear-down's sake, which takes longer than the run may.
    assert_ended(
        &report.tests[1],
        Outcome::Errored,
        "had not ended when the run's limit of 2s was near",
    );
}

/// Notes what a finisher is told of its test.
#[derive(Clone)]
struct Watcher;

impl Fixture for Watcher {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let diary = cx.get::<Provided<Diary>>().await?;
        let over = cx.clone();
        cx.on_finish(async move {
            let said = if over.has_failed() { "failed" } else { "good" };
            let folder = over.artifacts().map(|folder| folder.display().to_string());
            diary.note(format!("{said}, {}", folder.unwrap_or_default()));
        });
        assert!(!cx.has_failed());
        Ok(Self)
    }
}

#[tokio::test]
async fn a_finisher_knows_whether_the_test_failed_and_where_to_show_why() {
    let endless = async |_: Watcher| std::future::pending::<()>().await;
    let panics = |_: Watcher| -> Result { panic!("the till fell") };
    let fails = |_: Watcher| -> Result { Err(Failure::new("left is 3").into()) };
    let skips = |_: Watcher| -> Result { Err(Skip::new("no printer").into()) };
    for (test, said) in [
        (Test::new("a", |_: Watcher| {}), "good"),
        (Test::new("a", skips), "good"),
        (Test::new("a", fails), "failed"),
        (Test::new("a", panics), "failed"),
        (
            Test::new("a", endless).timeout(Duration::from_millis(1)),
            "failed",
        ),
    ] {
        let diary = Diary::default();
        let runner = Runner::new(Registry::new().provide(diary.clone()).test(test));
        runner
            .ask(Ask::new(Selection::fast()).artifacts("kept"))
            .await;
        runner.run(Selection::fast()).await;
        assert_eq!(
            diary.lines(),
            [format!("{said}, kept"), format!("{said}, ")]
        );
    }
}
