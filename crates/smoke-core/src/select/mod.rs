//! Which tests are to run.

mod choice;
mod pattern;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use smoke_report::Scope;

pub(crate) use choice::NOTHING;

use crate::{Kind, Test};

/// Which tests to run: all that are not slow, or all, narrowed by patterns.
///
/// A pattern is a name, a prefix of whole segments, a glob (`*` matches anything, including several
/// segments) or `tag:x`. Segments are separated by `::` or by `.`. A pattern that matches no test
/// makes the run a FAIL, because it is most likely a mistake. So does a kind of which no test is left.
///
/// # Examples
///
/// ```
/// use smoke_core::Selection;
///
/// let selection = Selection::fast().select("shop::users").select("tag:billing").skip("*::deletes_*");
/// assert_eq!(selection.to_string(), "fast select=shop::users select=tag:billing skip=*::deletes_*");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Selection {
    slow: bool,
    fail_fast: bool,
    scope: Option<Scope>,
    pipeline: bool,
    destructive: bool,
    /// Whether a schedule asks, so that tests on request are left out.
    scheduled: bool,
    browsers: bool,
    select: BTreeSet<String>,
    skip: BTreeSet<String>,
    kinds: BTreeSet<Kind>,
    /// These and no others, by their full names.
    only: Option<Arc<BTreeSet<String>>>,
}

impl Selection {
    /// The tests that are not slow.
    pub fn fast() -> Self {
        Self {
            slow: false,
            fail_fast: false,
            scope: None,
            pipeline: false,
            destructive: false,
            scheduled: false,
            browsers: false,
            select: BTreeSet::new(),
            skip: BTreeSet::new(),
            kinds: BTreeSet::new(),
            only: None,
        }
    }

    /// All tests, the slow ones too.
    pub fn slow() -> Self {
        Self {
            slow: true,
            ..Self::fast()
        }
    }

    /// Exactly the tests of these full names, the slow ones too. They are no patterns, and any
    /// number may be given. Patterns that are added narrow them further.
    ///
    /// ```
    /// use smoke_core::Selection;
    ///
    /// let selection = Selection::only(["shop::users::create", "shop::users::delete"]);
    /// assert_eq!(selection.to_string(), "only 2 tests");
    /// ```
    pub fn only(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            only: Some(Arc::new(names.into_iter().map(Into::into).collect())),
            ..Self::slow()
        }
    }

    /// Selects the tests that this pattern matches. With several patterns, a test has to match one.
    pub fn select(mut self, pattern: impl Into<String>) -> Self {
        self.select.insert(pattern.into());
        self
    }

    /// All tests that this pattern matches, to be skipped.
    pub(crate) fn skipped_by(pattern: &String) -> Self {
        Self::slow().select(pattern)
    }

    /// Leaves out the tests that this pattern matches.
    pub fn skip(mut self, pattern: impl Into<String>) -> Self {
        self.skip.insert(pattern.into());
        self
    }

    /// Selects only the tests of that scope.
    pub fn of_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Selects the tests of this kind. With several kinds, a test has to be of one.
    ///
    /// ```
    /// use smoke_core::{Kind, Selection};
    ///
    /// let quick = Selection::fast().kind(Kind::Unit).kind(Kind::Database);
    /// assert_eq!(quick.to_string(), "fast kind=unit kind=database");
    /// ```
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kinds.insert(kind);
        self
    }

    /// Runs the tests kind by kind, from fast to slow: unit, database, http, browser. A kind begins when
    /// the one before it is over. If one of its tests fails or errs, no later kind begins, and the tests
    /// of those are reported as skipped.
    ///
    /// A suite with a set-up or a tear-down for the run counts as the slowest kind among its tests.
    pub fn pipeline(mut self) -> Self {
        self.pipeline = true;
        self
    }

    /// Runs destructive tests, too, if the registry allows it.
    pub(crate) fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    /// The selection without the tests that run on request, for a schedule. If there are none, it stays
    /// equal to this one, so that one run can answer the schedule and a request.
    pub(crate) fn of_schedule<'t>(self, tests: impl Iterator<Item = &'t Test> + Clone) -> Self {
        let scheduled = Self {
            scheduled: true,
            ..self.clone()
        };
        if scheduled.of(tests.clone()) == self.of(tests) {
            self
        } else {
            scheduled
        }
    }

    /// Runs browser tests, too.
    pub(crate) fn with_browsers(mut self) -> Self {
        self.browsers = true;
        self
    }

    /// Starts no more tests after one has failed or errored. The rest is reported as skipped.
    pub fn fail_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }

    /// Whether slow tests are among those asked for.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    pub(crate) fn is_fail_fast(&self) -> bool {
        self.fail_fast
    }

    pub(crate) fn is_pipeline(&self) -> bool {
        self.pipeline
    }

    pub(crate) fn is_destructive(&self) -> bool {
        self.destructive
    }

    /// Leaves browser tests out again.
    pub(crate) fn without_browsers(mut self) -> Self {
        self.browsers = false;
        self
    }

    pub(crate) fn has_browsers(&self) -> bool {
        self.browsers
    }

    /// Whether it says more than that slow tests are asked for, or are not.
    pub(crate) fn is_a_choice(&self) -> bool {
        let patterns = self.select.len() + self.skip.len();
        let narrowed = !self.kinds.is_empty() || self.scope.is_some();
        patterns > 0 || narrowed || self.fail_fast || self.pipeline
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.only {
            Some(only) if only.len() == 1 => f.write_str("only 1 test")?,
            Some(only) => write!(f, "only {} tests", only.len())?,
            None => f.write_str(if self.slow { "slow" } else { "fast" })?,
        }
        if let Some(scope) = self.scope {
            write!(f, " scope={scope}")?;
        }
        for (word, patterns) in [("select", &self.select), ("skip", &self.skip)] {
            for pattern in patterns {
                write!(f, " {word}={}", pattern.escape_debug())?;
            }
        }
        for kind in &self.kinds {
            write!(f, " kind={kind}")?;
        }
        for (word, is_asked) in [
            (" fail-fast", self.fail_fast),
            (" pipeline", self.pipeline),
            (" destructive", self.destructive),
        ] {
            f.write_str(if is_asked { word } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
