//! Libraries on top of sqlx.

use std::error::Error as StdError;

/// How a library on top of sqlx shows its errors.
#[derive(Clone, Copy)]
pub(crate) struct OnTop {
    /// Finds the error of sqlx within one of its own.
    pub(crate) within: for<'e> fn(&'e (dyn StdError + 'static)) -> Option<&'e sqlx::Error>,
    /// What it says of a pool that has given no connection in time.
    pub(crate) timed_out: Option<&'static str>,
}

impl OnTop {
    pub(crate) const NOTHING: Self = Self {
        within: |_| None,
        timed_out: None,
    };
}
