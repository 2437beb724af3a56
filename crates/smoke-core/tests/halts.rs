//! Runs that answer only whoever asked: halted early, and within a time of their own.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Answer, Ask, Halt, Limits, Outcome, Provided, Registry, Runner, Selection, Test};
use support::{assert_ended, is_start_of_a_test, until};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Tests that end once they are let go, one at a time.
fn held(let_go: &Arc<Semaphore>) -> Runner {
    async fn body(let_go: Provided<Arc<Semaphore>>) {
        let_go.acquire().await.unwrap().forget();
    }
    let tests = ["a", "b", "c"].map(|name| Test::new(name, body));
    let registry = tests.into_iter().fold(Registry::new(), Registry::test);
    let limits = Limits::default().tests_at_once(1);
    Runner::new(registry.provide(Arc::clone(let_go)).limits(limits))
}

fn ask(runner: &Runner, ask: Ask) -> JoinHandle<Answer> {
    let runner = runner.clone();
    tokio::spawn(async move { runner.ask(ask).await })
}

#[tokio::test]
async fn a_halted_run_ends_the_tests_that_run_and_starts_no_others() {
    let let_go = Arc::new(Semaphore::new(0));
    let runner = held(&let_go);
    let mut events = runner.events();
    let halt = Halt::new();
    let asking = ask(&runner, Ask::new(Selection::fast()).halted_by(&halt));
    until(&mut events, is_start_of_a_test).await;
    halt.call("stopped: enough");
    halt.call("stopped: once more");
    let_go.add_permits(1);

    let report = asking.await.unwrap().report;
    assert!(!report.verdict().is_pass());
    assert_eq!(report.reasons, ["stopped: enough"]);
    assert_eq!(report.tests[0].outcome, Outcome::Passed);
    for test in &report.tests[1..] {
        assert_ended(test, Outcome::Skipped, "not run: stopped: enough");
    }
}

#[tokio::test]
async fn nobody_else_is_answered_from_a_run_that_may_be_halted() {
    let let_go = Arc::new(Semaphore::new(0));
    let runner = held(&let_go);
    let mut events = runner.events();
    let halt = Halt::new();
    let selection = Selection::fast().select("a");
    let own = ask(&runner, Ask::new(selection.clone()).halted_by(&halt));
    until(&mut events, is_start_of_a_test).await;
    let other = ask(&runner, Ask::new(selection.clone()));
    halt.call("stopped");
    let_go.add_permits(2);

    let (own, other) = (own.await.unwrap().report, other.await.unwrap().report);
    assert_eq!(own.reasons, ["stopped"]);
    assert!(other.verdict().is_pass(), "{other:#?}");
    // Nor afterwards, while reports are reused.
    let next = runner.ask(Ask::new(selection)).await.report;
    assert_eq!(next.run, other.run);
}

#[tokio::test]
async fn a_run_may_have_a_limit_of_its_own() {
    let runner = held(&Arc::new(Semaphore::new(0)));
    let limit = Duration::from_millis(1);
    let ask = Ask::new(Selection::fast().select("a")).within(limit);
    assert_eq!(ask.within, Some(Duration::from_secs(1)));
    let report = runner.ask(ask).await.report;
    let stopped = "stopped: the run's limit of 1s was near";
    assert_ended(&report.tests[0], Outcome::Errored, stopped);
}

#[tokio::test]
async fn the_tests_of_a_selection_can_be_asked_for_without_running_them() {
    let runner = held(&Arc::new(Semaphore::new(0)));
    let names = |selection| {
        let tests = runner.selected(&selection)?;
        Ok::<_, smoke_core::Error>(tests.into_iter().map(Test::name).collect::<Vec<_>>())
    };
    assert_eq!(names(Selection::fast().skip("b")).unwrap(), ["a", "c"]);
    assert_eq!(names(Selection::only(["c"])).unwrap(), ["c"]);
    let error = names(Selection::fast().select("d")).unwrap_err();
    assert_eq!(error.to_string(), "no test matches \"d\"");
    assert_eq!(runner.tests().count(), 3);
}
