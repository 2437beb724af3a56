//! What is done once a run around the tests of a suite.

mod support;

use smoke_core::{Failure, Outcome, Registry, Result, Runner, Selection, Suite};
use support::{Diary, assert_ended, run};

fn suite(diary: &Diary, set_up: fn() -> Result, tear_down: fn() -> Result) -> Suite {
    let note = |line: &'static str| {
        let diary = diary.clone();
        move || diary.note(line)
    };
    let (before, after) = (note("set-up"), note("tear-down"));
    Suite::new("shop::till")
        .set_up(move || {
            before();
            set_up()
        })
        .tear_down(move || {
            after();
            tear_down()
        })
        .test("a", note("a"))
        .test("b", note("b"))
}

fn good() -> Result {
    Ok(())
}

fn bad() -> Result {
    Err(Failure::new("no change").into())
}

#[tokio::test]
async fn set_up_and_tear_down_run_once_around_the_selected_tests() {
    let diary = Diary::default();
    let runner = Runner::new(
        Registry::new()
            .suite(suite(&diary, good, good))
            .test(smoke_core::Test::new("other", || {})),
    );
    let report = runner.run(Selection::fast()).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    assert_eq!(report.counts().test_classes, 2);
    let lines = diary.lines();
    assert_eq!(
        (lines.len(), &*lines[0], &*lines[3]),
        (4, "set-up", "tear-down"),
        "{lines:?}"
    );
    runner.run(Selection::fast().select("other")).await;
    assert_eq!(diary.lines().len(), 4);
    runner.run(Selection::fast().select("shop::till::b")).await;
    assert_eq!(diary.lines()[4..], ["set-up", "b", "tear-down"]);
}

#[tokio::test]
async fn a_set_up_that_fails_errors_the_tests_and_their_bodies_do_not_run() {
    let diary = Diary::default();
    let report = run(Registry::new().suite(suite(&diary, bad, good))).await;
    for test in &report.tests {
        assert_ended(
            test,
            Outcome::Errored,
            "the suite's set-up failed: no change",
        );
    }
    assert_eq!(diary.lines(), ["set-up"]);
}

#[tokio::test]
async fn a_tear_down_that_fails_counts_once() {
    let diary = Diary::default();
    let report = run(Registry::new().suite(suite(&diary, good, bad))).await;
    let counts = report.counts();
    assert_eq!((counts.run, counts.passed, counts.errored), (2, 1, 1));
    // The tests run at the same time: which of them is held back for it is not said.
    let errored = report.tests.iter().find(|test| !test.outcome.is_good());
    assert_ended(
        errored.expect("one was counted"),
        Outcome::Errored,
        "the suite's tear-down failed: no change",
    );
}
