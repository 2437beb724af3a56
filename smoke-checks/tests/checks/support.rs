//! What all of these tests do.

use smoke_core::{Registry, Runner, Selection, Test, TestReport};

/// Runs a check once.
pub(crate) async fn run(check: impl Into<Test>) -> TestReport {
    again(&Runner::new(Registry::new().test(check))).await
}

/// Runs the only check of a runner.
pub(crate) async fn again(runner: &Runner) -> TestReport {
    let report = runner.run(Selection::slow()).await;
    assert_eq!(report.tests.len(), 1, "{report:?}");
    report.tests[0].clone()
}

/// Waits for it where there is no runtime.
pub(crate) fn blocking<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all();
    runtime.build().expect("a runtime").block_on(future)
}
