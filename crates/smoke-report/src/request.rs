use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::millis;

/// A request that a test made to the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestMade {
    /// The method: `GET`.
    pub method: String,
    /// The path, and the query where there was one.
    pub path: String,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the answer took; in milliseconds in JSON.
    #[serde(with = "millis")]
    pub duration: Duration,
}

impl RequestMade {
    /// A request that has no answer yet.
    #[must_use]
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            status: None,
            duration: Duration::ZERO,
        }
    }

    /// Sets the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets how long the answer took.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }
}
