//! The errors that stand for a failed assertion and for a wish to be skipped.

use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;

use smoke_report::Place;

use super::ErrorKind;

/// An assertion that did not hold.
///
/// The assertion macros return one. Return one yourself from your own assertions.
///
/// # Examples
///
/// ```
/// use smoke_core::Failure;
///
/// #[track_caller]
/// fn ensure_even(number: u32) -> Result<(), Failure> {
///     if number % 2 == 0 { Ok(()) } else { Err(Failure::new(format!("{number} is odd"))) }
/// }
///
/// assert_eq!(ensure_even(3).unwrap_err().to_string(), "3 is odd");
/// ```
#[derive(Clone, Debug)]
pub struct Failure {
    message: String,
    mark: Mark,
}

/// Skips the test that returns it, with a reason.
///
/// [`skip!`](crate::skip) returns one.
#[derive(Clone, Debug)]
pub struct Skip {
    reason: String,
    mark: Mark,
}

/// What a chain of sources is searched for. `anyhow` and `eyre` hide the type of the error that
/// they wrap, but not the types of its sources: so the mark is a source.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    kind: ErrorKind,
    place: Place,
}

impl Mark {
    #[track_caller]
    fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            place: Location::caller().into(),
        }
    }

    pub(super) fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl Failure {
    /// A failure at the caller's place.
    #[track_caller]
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            mark: Mark::new(ErrorKind::Failed),
        }
    }

    /// Where the assertion stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        self.mark.place()
    }
}

impl Skip {
    /// A skip at the caller's place.
    #[track_caller]
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            mark: Mark::new(ErrorKind::Skipped),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.place)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.mark)
    }
}

impl StdError for Skip {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.mark)
    }
}

impl StdError for Mark {}
