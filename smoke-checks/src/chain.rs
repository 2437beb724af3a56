//! An error in one line.

use std::error::Error;

/// The error with what caused it: hyper's own says little, and so does that of a template.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said += &format!(": {error}");
        cause = error.source();
    }
    said
}
