//! Tests that are reported and block nothing.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use smoke_core::{
    Failure, Format, Outcome, Registry, RollbackVerdict, Runner, Sandbox, Selection, Suite, Test,
    Verdict,
};
use support::{Paper, Pool, assert_ended, only, run};

fn fails() -> Result<(), Failure> {
    Err(Failure::new("the shelf is nearly full"))
}

fn panics() {
    panic!("the till fell");
}

#[tokio::test]
async fn a_test_that_is_advisory_is_warned_of_and_blocks_nothing() {
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}))
        .test(Test::new("shop::fails", fails).advisory())
        .test(Test::new("shop::panics", panics).advisory())
        .test(Test::new("shop::works", || {}).advisory());
    let report = run(registry).await;
    assert_eq!(report.verdict(), Verdict::Pass, "{report:#?}");
    let counts = report.counts();
    assert_eq!((counts.run, counts.passed, counts.warned), (4, 2, 2));
    let text = report.render(Format::Text);
    for line in [
        "tests errored: 0\ntests warned: 2\ntime: ",
        "\nshop::fails warned: the shelf is nearly full\n",
        "\nshop::panics warned: ",
    ] {
        assert!(text.contains(line), "{line:?} is missing: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json["tests_warned"], 2);
    assert_eq!(json["warned_tests"][0], "shop::fails");
    assert_eq!(json["tests"]["shop::fails"]["outcome"], "warned");
}

#[tokio::test]
async fn warnings_alone_are_no_pass() {
    let registry = Registry::new().test(Test::new("shop::fails", fails).advisory());
    let report = run(registry).await;
    assert_eq!(report.verdict(), Verdict::Fail);
    let reasons = report.fail_reasons();
    assert!(
        reasons[0].starts_with("only advisory tests ran"),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn a_run_that_stops_at_the_first_failure_goes_on_after_a_warning() {
    let registry = Registry::new()
        .test(Test::new("shop::a_fails", fails).advisory())
        .test(Test::new("shop::b_opens", || {}));
    let report = Runner::new(registry)
        .run(Selection::fast().fail_fast())
        .await;
    assert!(report.verdict().is_pass(), "{report:#?}");
}

#[tokio::test]
async fn what_an_advisory_test_leaves_behind_is_no_warning() {
    let paper = Paper::default();
    *paper.verdict.lock().unwrap() = RollbackVerdict::Escaped {
        how: "the transaction is another one".to_owned(),
        at: None,
    };
    let writes = Test::new("shop::writes", async |_: Sandbox<Pool>| {}).advisory();
    let registry = Registry::new().rollback(paper).test(writes);
    let runner = Runner::new(registry);
    let first = only(runner.run(Selection::fast()).await);
    assert_ended(&first, Outcome::Errored, "COMMITTED");
    // Nor is that it does not run again.
    let again = only(runner.run(Selection::fast()).await);
    assert_ended(&again, Outcome::Errored, "not run: at ");
}

/// What stops a run has to make it a FAIL.
#[tokio::test]
async fn a_set_up_of_advisory_tests_that_fails_stops_no_others() {
    for selection in [Selection::fast().fail_fast(), Selection::fast().pipeline()] {
        let disk = Suite::new("shop::disk")
            .set_up(fails)
            .with(Test::new("is_fast", || {}).advisory());
        let registry = Registry::new()
            .rollback(Paper::default())
            .suite(disk)
            .test(Test::new("shop::opens", || {}))
            .test(Test::new("shop::writes", async |_: Sandbox<Pool>| {}));
        let report = Runner::new(registry).run(selection).await;
        let counts = report.counts();
        assert!(report.verdict().is_pass(), "{report:#?}");
        assert_eq!((counts.passed, counts.warned), (2, 1), "{report:#?}");
    }
}
