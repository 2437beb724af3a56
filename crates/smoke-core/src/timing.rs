//! The limits and pauses of the engine that no application chooses.

use std::time::Duration;

/// How long the engine waits for what, in one place: a test of the engine has shorter ones.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    /// How long a test that was told to stop may take until it counts as hung.
    pub(crate) stopping: Duration,
    /// How long what a test ended with may take to be let go of, until others go on without that. No
    /// sandbox may be held for as long as this.
    pub(crate) letting_go: Duration,
    /// How long a finisher may take, or a suite's tear-down at the end of a run's time.
    pub(crate) finisher: Duration,
    /// The same for a test in a browser, which has a page to show. `smoke-browser` is done before that.
    pub(crate) browser_finisher: Duration,
    /// How long the end of a sandbox may take before it is cut.
    pub(crate) sandbox: Duration,
    /// How long one attempt to end a sandbox from outside may take until it is given up for another.
    pub(crate) attempt: Duration,
    /// How long to wait before a sandbox that could not be ended is ended again.
    pub(crate) again: Duration,
    /// How long the end of a connection that was kept may take before it is dropped.
    pub(crate) connection: Duration,
    /// A factory that is quicker than that is not what a sandbox was held for.
    pub(crate) factory: Duration,
    /// How long a stage may take to poll a task that does nothing.
    pub(crate) probe: Duration,
    /// A lane that goes from one test to the next gives its place to other runs after so long.
    pub(crate) share: Duration,
    /// Tests stop this long before the run's limit, so that they can be cleaned up after.
    pub(crate) cleaning: Duration,
    /// A run's tests are answered for this long before its limit.
    pub(crate) answering: Duration,
    /// A run's report waits no more for connections to close this long before its limit.
    pub(crate) closing: Duration,
    /// How long a shutdown waits for tests to end.
    pub(crate) shutdown: Duration,
    /// How long it waits after that for connections to close.
    pub(crate) shutdown_closing: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            stopping: Duration::from_millis(200),
            letting_go: Duration::from_millis(500),
            finisher: Duration::from_secs(2),
            browser_finisher: Duration::from_secs(5),
            sandbox: Duration::from_secs(1),
            attempt: Duration::from_secs(5),
            again: Duration::from_millis(250),
            connection: Duration::from_secs(1),
            factory: Duration::from_millis(100),
            probe: Duration::from_millis(250),
            share: Duration::from_millis(1),
            cleaning: Duration::from_millis(600),
            answering: Duration::from_millis(250),
            closing: Duration::from_millis(150),
            shutdown: Duration::from_millis(1800),
            shutdown_closing: Duration::from_millis(100),
        }
    }
}
