use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::millis;

/// Where the time of a test went. Each moment counts once.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_report::Times;
///
/// let mut times = Times::default();
/// times.sandbox = Duration::from_millis(12);
/// times.body = Duration::from_millis(3);
/// assert_eq!(times.counted(), Duration::from_millis(15));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Times {
    /// Waiting for its turn, and for a place for its sandboxes. This is not part of the test's
    /// duration and does not count against its limit. All times are milliseconds in JSON.
    #[serde(with = "millis")]
    pub waiting: Duration,
    /// Opening and ending its sandboxes.
    #[serde(with = "millis")]
    pub sandbox: Duration,
    /// Building the application under test.
    #[serde(with = "millis")]
    pub app_build: Duration,
    /// The test itself, with its set-up, its tear-down and its other fixtures.
    #[serde(with = "millis")]
    pub body: Duration,
}

impl Times {
    /// What counts as the test's duration: all but the waiting.
    #[must_use]
    pub fn counted(&self) -> Duration {
        self.sandbox + self.app_build + self.body
    }
}

impl std::ops::AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        self.waiting += other.waiting;
        self.sandbox += other.sandbox;
        self.app_build += other.app_build;
        self.body += other.body;
    }
}
