//! What all checks have in common.

use std::fmt;
use std::time::Duration;

use smoke_core::{Test, TestFn};

/// A check ends by itself, with a message. The test's own limit is for what does not.
const SLACK: Duration = Duration::from_secs(2);

/// A check as a test. `within` is how long it waits for what it looks at.
pub(crate) fn test<Marker: 'static>(
    name: &str,
    description: impl fmt::Display,
    within: Duration,
    function: impl TestFn<Marker>,
) -> Test {
    Test::new(format!("checks::{name}"), function)
        .description(description.to_string())
        .tags(["checks"])
        .timeout(within.saturating_add(SLACK))
}

/// How long something took, or may take, as a person reads it.
pub(crate) fn shown(time: Duration) -> impl fmt::Display {
    let coarse = match time {
        time if time >= Duration::from_secs(1) => Duration::from_secs(time.as_secs()),
        time => Duration::from_millis(time.as_millis() as u64),
    };
    humantime::format_duration(coarse)
}
