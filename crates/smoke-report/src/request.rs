use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::millis;

/// A request that a test made to the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMade {
    /// The method: `GET`.
    pub method: String,
    /// The path, and the query where there was one.
    pub path: String,
    /// The status of the answer; none where none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the answer took; in milliseconds in JSON.
    #[serde(with = "millis")]
    pub duration: Duration,
}
