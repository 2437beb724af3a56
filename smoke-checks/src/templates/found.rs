//! What is said of templates, whatever their library.

use std::error::Error as StdError;

use smoke_core::{Error, Result, fail};

use crate::chain::chain;

/// What was found of templates.
#[derive(Default)]
pub(crate) struct Found {
    looked_at: usize,
    problems: Vec<String>,
}

impl Found {
    /// Adds what came of one.
    pub(crate) fn add<T, E: StdError>(&mut self, name: &str, ended: Result<T, E>) {
        self.looked_at += 1;
        if let Err(error) = ended {
            self.problems.push(format!("{name}: {}", chain(&error)));
        }
    }

    /// Says all that are broken. Of none at all it cannot be said that they are not.
    pub(crate) fn all_good(self) -> Result {
        if self.looked_at == 0 {
            return Err(Error::msg(
                "there is no template: is the folder the right one, seen from where this process was started?",
            ));
        }
        if !self.problems.is_empty() {
            fail!(
                "{} of {} templates are broken: {}",
                self.problems.len(),
                self.looked_at,
                self.problems.join("; ")
            );
        }
        Ok(())
    }
}
