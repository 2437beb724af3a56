use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Scope;

/// What is believed of a test, from scheduled runs in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TestState {
    /// No scheduled run has said anything.
    Unknown,
    /// It works.
    Up,
    /// It does not.
    Down,
}

/// A test is believed to be down, or up again.
///
/// It serializes to JSON for webhooks.
///
/// # Examples
///
/// ```
/// use smoke_report::{Change, Scope, TestState};
///
/// let change = Change::new("shop::disk", Scope::Instance, TestState::Up, TestState::Down)
///     .with_cause("no space left");
/// assert_eq!(change.to_string(), "shop::disk (instance) is down, and was up: no space left");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// The test's path.
    pub test: String,
    /// Who may lose traffic for it.
    pub scope: Scope,
    /// What was believed before.
    pub was: TestState,
    /// What is believed now.
    pub is: TestState,
    /// What went wrong. Empty where the test is up.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// The run that decided.
    #[serde(default)]
    pub run: String,
    /// What identifies the build of the application.
    #[serde(default)]
    pub build: Option<String>,
    /// What identifies the instance.
    #[serde(default)]
    pub instance: Option<String>,
}

impl Change {
    /// A test that was believed to be this, and is believed to be that.
    #[must_use]
    pub fn new(test: impl Into<String>, scope: Scope, was: TestState, is: TestState) -> Self {
        Self {
            test: test.into(),
            scope,
            was,
            is,
            cause: String::new(),
            run: String::new(),
            build: None,
            instance: None,
        }
    }

    /// Sets what went wrong.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// Sets the run that decided.
    #[must_use]
    pub fn with_run(mut self, run: impl Into<String>) -> Self {
        self.run = run.into();
        self
    }
}

impl fmt::Display for TestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            test,
            scope,
            was,
            is,
            cause,
            ..
        } = self;
        write!(f, "{test} ({scope}) is {is}, and was {was}")?;
        if cause.is_empty() {
            return Ok(());
        }
        write!(f, ": {cause}")
    }
}
