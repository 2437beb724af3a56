//! What is left of a test's function once its fixtures are there.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::Result;

/// A test's own work, once its fixtures are there.
pub enum Body {
    /// A future, to be polled on the tests' runtime.
    Async(BoxFuture<'static, Result>),
    /// A function, to be called on a thread of its own.
    Blocking(Box<dyn FnOnce() -> Result + Send>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Async(_) => "Body::Async",
            Self::Blocking(_) => "Body::Blocking",
        })
    }
}
