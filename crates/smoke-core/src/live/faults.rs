//! What went wrong at the socket and no answer says.

use std::fmt;

use crate::{Context, Error, RequestError};

/// Puts what the application did wrong into the report.
#[derive(Clone)]
pub(super) struct Faults(pub(super) Context);

impl Faults {
    pub(super) fn note(&self, error: &RequestError) {
        // A verdict is in the report already.
        if !matches!(error, RequestError::Rollback { .. }) {
            self.say(format_args!("{:#}", Error::quoting(error)));
        }
    }

    pub(super) fn say(&self, text: impl fmt::Display) {
        self.0.note_fault(Error::msg(text).with_place(None));
    }
}
