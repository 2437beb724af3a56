//! Which of the tests a selection chooses.

use std::collections::BTreeSet;

use super::Selection;
use super::pattern::Pattern;
use crate::Test;

/// Why a run has no tests, where that may be no mistake: not every service has tests of its own.
pub(crate) const NOTHING: &str = "no test is selected";
/// Upper bound of the patterns in one selection.
const MOST_PATTERNS: usize = 32;

impl Selection {
    /// Whether the patterns are patterns, whatever they match.
    pub(crate) fn readable(&self) -> Result<(), String> {
        if self.select.len() + self.skip.len() > MOST_PATTERNS {
            return Err(format!("more than {MOST_PATTERNS} patterns were given"));
        }
        let mut patterns = self.select.iter().chain(&self.skip);
        patterns.try_for_each(|text| Pattern::parse(text).map(drop))
    }

    /// The positions of the tests that are to run, or why that cannot be said.
    pub(crate) fn of<'t>(
        &self,
        tests: impl Iterator<Item = &'t Test> + Clone,
    ) -> Result<Vec<usize>, String> {
        self.readable()?;
        self.check_only(tests.clone())?;
        let (select, skip) = (
            matched(&self.select, tests.clone())?,
            matched(&self.skip, tests.clone())?,
        );
        let skipped: BTreeSet<usize> = skip.into_iter().flat_map(|(_, hits)| hits).collect();
        let tests: Vec<&Test> = tests.collect();
        let is_of_kind =
            |at: usize| self.kinds.is_empty() || self.kinds.contains(&tests[at].kind());
        let is_of_scope = |at: usize| self.scope.is_none_or(|scope| scope == tests[at].scope());
        let is_named = |at: usize| {
            let only = self.only.as_ref();
            only.is_none_or(|only| only.contains(tests[at].name()))
        };
        let is_due = |at: usize| !self.scheduled || !tests[at].is_on_request();
        let fits = |at: &usize| {
            let at = *at;
            let is_wanted = is_of_kind(at) && is_of_scope(at) && is_named(at) && is_due(at);
            is_wanted && !skipped.contains(&at)
        };
        let fit: BTreeSet<usize> = (0..tests.len()).filter(fits).collect();
        let is_able = |at: &usize| self.slow || !tests[*at].is_slow();
        let able: BTreeSet<usize> = fit.iter().copied().filter(is_able).collect();
        // Each pattern has to contribute: who selects two things and gets one is told.
        for (text, hits) in &select {
            if hits.is_disjoint(&able) {
                return Err(format!(
                    "{text:?}: {}",
                    self.nothing(!hits.is_disjoint(&fit))
                ));
            }
        }
        let chosen = if select.is_empty() {
            able
        } else {
            let hits = select.into_iter().flat_map(|(_, hits)| hits);
            hits.filter(|at| able.contains(at)).collect()
        };
        // So has each kind.
        for kind in &self.kinds {
            let of_kind = (0..tests.len()).filter(|at| tests[*at].kind() == *kind);
            let of_kind: BTreeSet<usize> = of_kind.collect();
            if of_kind.is_disjoint(&chosen) {
                return Err(format!(
                    "kind {kind}: {}",
                    self.nothing(!of_kind.is_disjoint(&fit))
                ));
            }
        }
        if chosen.is_empty() {
            return Err(self.nothing(!fit.is_empty()));
        }
        Ok(chosen.into_iter().collect())
    }

    /// Each of the tests that are named has to be there.
    fn check_only<'t>(&self, tests: impl Iterator<Item = &'t Test>) -> Result<(), String> {
        let Some(only) = &self.only else {
            return Ok(());
        };
        let known: BTreeSet<&str> = tests.map(Test::name).collect();
        let missing = only.iter().find(|name| !known.contains(name.as_str()));
        missing.map_or(Ok(()), |name| Err(format!("no test is called {name:?}")))
    }

    fn nothing(&self, slow: bool) -> String {
        if slow && !self.slow {
            "every selected test is slow: ask for the slow tests".to_owned()
        } else {
            NOTHING.to_owned()
        }
    }
}

/// The positions that each of the patterns matches; there has to be one.
fn matched<'t>(
    patterns: &BTreeSet<String>,
    tests: impl Iterator<Item = &'t Test> + Clone,
) -> Result<Vec<(&String, BTreeSet<usize>)>, String> {
    let mut found = Vec::new();
    for text in patterns {
        let pattern = Pattern::parse(text)?;
        let matching = tests
            .clone()
            .enumerate()
            .filter(|(_, test)| pattern.matches(test));
        let hits: BTreeSet<usize> = matching.map(|(at, _)| at).collect();
        if hits.is_empty() {
            return Err(format!("no test matches {text:?}"));
        }
        found.push((text, hits));
    }
    Ok(found)
}
