//! What the database said last.

use std::fmt;

/// The last error of a database during a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastError {
    /// What the database said.
    Said(String),
    /// It has aborted the transaction, and the library has shown it to its caller alone.
    Unseen,
}

impl LastError {
    /// What the database said, where that is known.
    pub(crate) fn said(&self) -> Option<&str> {
        match self {
            Self::Said(said) => Some(said),
            Self::Unseen => None,
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(said) => write!(f, "the database last said: {said}"),
            Self::Unseen => f.write_str(
                "an SQL error aborted the transaction (the library shows it to its caller alone)",
            ),
        }
    }
}
