//! What all of these tests do.

use smoke_core::{Registry, Runner, Selection, Test, TestReport};

/// Runs a check once.
pub(crate) async fn run(check: impl Into<Test>) -> TestReport {
    let runner = Runner::new(Registry::new().test(check));
    let report = runner.run(Selection::slow()).await;
    assert_eq!(report.tests.len(), 1, "{report:?}");
    report.tests[0].clone()
}

/// What the check said.
pub(crate) fn said(test: &TestReport) -> &str {
    test.message.as_deref().unwrap_or_default()
}
