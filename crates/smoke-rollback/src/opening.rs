//! The errors of a sandbox that could not be opened.

use smoke_core::Error;
use smoke_core::rollback::redact;

use crate::fault::{Fault, of_connecting};
use crate::{Dialect, Link};

/// The error of a sandbox that could not be opened.
#[must_use]
pub fn not_opened(fault: Fault, cause: String) -> Error {
    match fault.at_opening(cause.clone()) {
        Some(verdict) => verdict.into(),
        None => Error::msg(cause),
    }
}

/// The error of a connection that could not be made: what the driver said, and what is known of the URL
/// where there is one.
#[must_use]
pub fn not_connected<L: Link>(said: &str, url: Option<&str>) -> Error {
    let said = url.map_or_else(|| said.to_owned(), |url| L::Dialect::explained(said, url));
    let fault = match L::Dialect::read_message(&said) {
        Fault::Other => of_connecting(&said),
        fault => fault,
    };
    not_opened(fault, redact(&said).into_owned())
}
