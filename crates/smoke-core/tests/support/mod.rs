//! A backend that keeps a diary, and short ways to run tests.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test file uses a part of it"
)]

pub use smoke_conformance::eventually;
pub use smoke_conformance::paper::{Diary, Paper, Pool};
use smoke_core::{Event, Outcome, Registry, Report, Runner, Selection, Test, TestReport};
pub use smoke_testing::PATIENCE;
use tokio::sync::broadcast;

pub async fn run(registry: Registry) -> Report {
    Runner::new(registry).run(Selection::slow()).await
}

/// Runs one test and returns what became of it.
pub async fn run_one(test: Test) -> TestReport {
    only(run(Registry::new().test(test)).await)
}

/// Waits for an event.
pub async fn until(
    events: &mut broadcast::Receiver<Event>,
    wanted: impl Fn(&Event) -> bool,
) -> Event {
    let waiting = async {
        loop {
            let event = events.recv().await.expect("the runner is there");
            if wanted(&event) {
                return event;
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.expect("the event comes in time")
}

pub fn is_start_of_a_test(event: &Event) -> bool {
    matches!(event, Event::TestStarted { .. })
}

pub fn only(mut report: Report) -> TestReport {
    assert_eq!(report.tests.len(), 1, "{report:#?}");
    report.tests.remove(0)
}

#[track_caller]
pub fn assert_ended(test: &TestReport, outcome: Outcome, message: &str) {
    assert_eq!(test.outcome, outcome, "{test:#?}");
    let said = test.message.as_deref().unwrap_or_default();
    assert!(
        said.contains(message),
        "{said:?} does not contain {message:?}"
    );
}
