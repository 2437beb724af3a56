//! What happens in a run, as it happens.

use std::sync::Arc;

use smoke_report::{Report, TestReport};

use crate::Selection;

/// One thing that happened in a run. The run's report says the same of each test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A run began.
    #[non_exhaustive]
    RunStarted {
        /// What identifies the run.
        run: Arc<str>,
        /// Which tests were asked for.
        selection: Arc<Selection>,
        /// How many tests that is.
        tests: usize,
    },
    /// A test began, after it had waited for its turn.
    #[non_exhaustive]
    TestStarted {
        /// What identifies the run.
        run: Arc<str>,
        /// The full name of the test.
        test: Arc<str>,
    },
    /// A test ended, or turned out not to run.
    #[non_exhaustive]
    TestFinished {
        /// What identifies the run.
        run: Arc<str>,
        /// What became of the test.
        test: Arc<TestReport>,
    },
    /// A run ended: this is its report.
    #[non_exhaustive]
    RunFinished {
        /// The report.
        report: Arc<Report>,
    },
}
