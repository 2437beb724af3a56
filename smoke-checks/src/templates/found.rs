//! What is said of templates, whatever their library.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;

use smoke_core::{Error, Result, fail};

use crate::chain::chain;

/// What was found of templates.
#[derive(Default)]
pub(crate) struct Found {
    /// What is wrong with each: one that is looked at and rendered is still one.
    problems: BTreeMap<String, BTreeSet<String>>,
}

impl Found {
    /// Adds what came of looking at one, or of rendering it.
    pub(crate) fn add<T, E: StdError>(&mut self, name: &str, ended: Result<T, E>) {
        let problems = self.problems.entry(name.to_owned()).or_default();
        problems.extend(ended.err().map(|error| chain(&error)));
    }

    /// Says all that are broken. Of none at all it cannot be said that they are not.
    pub(crate) fn all_good(self) -> Result {
        if self.problems.is_empty() {
            return Err(Error::msg(
                "there is no template: is the folder the right one, seen from where this process was started?",
            ));
        }
        let is_broken = |problems: &&BTreeSet<String>| !problems.is_empty();
        let broken = self.problems.values().filter(is_broken).count();
        if broken > 0 {
            let problems = self.problems.iter().flat_map(|(name, problems)| {
                let said = problems.iter();
                said.map(move |problem| format!("{name}: {problem}"))
            });
            fail!(
                "{broken} of {} templates {} broken: {}",
                self.problems.len(),
                if broken == 1 { "is" } else { "are" },
                Vec::from_iter(problems).join("; ")
            );
        }
        Ok(())
    }
}
