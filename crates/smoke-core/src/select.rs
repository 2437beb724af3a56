//! Which tests are to run.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use smoke_report::Scope;

use crate::{Kind, Test};

/// Upper bound of the patterns in one selection.
const MOST_PATTERNS: usize = 32;
/// Upper bound of a pattern, in bytes: longer than any test's name.
const LONGEST_PATTERN: usize = 256;
const GLOB: [char; 4] = ['*', '?', '[', '{'];

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

    /// Has destructive tests run, too, where the registry allows it.
    pub(crate) fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    /// The same as a schedule asks for it: without the tests that run on request. Where there are none it
    /// is the same selection, so that one run answers the schedule and whoever asks beside it.
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

    /// Has browser tests run, too.
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

    /// Whoever asked for them.
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
            "no test is selected".to_owned()
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

enum Pattern {
    Tag(String),
    Prefix(String),
    Glob(GlobMatcher),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_PATTERN {
            return Err(format!("a pattern is longer than {LONGEST_PATTERN} bytes"));
        }
        if let Some(tag) = text.strip_prefix("tag:") {
            return Ok(Self::Tag(tag.to_owned()));
        }
        if text.is_empty() {
            return Err("a pattern is empty".to_owned());
        }
        let path = segments(text);
        if !text.contains(GLOB) {
            return Ok(Self::Prefix(path));
        }
        let glob = GlobBuilder::new(&path).backslash_escape(false).build();
        glob.map(|glob| Self::Glob(glob.compile_matcher()))
            .map_err(|error| format!("{text:?} is not a valid glob pattern: {}", error.kind()))
    }

    fn matches(&self, test: &Test) -> bool {
        let path = || segments(test.name());
        match self {
            Self::Tag(tag) => test.tags.contains(tag),
            Self::Prefix(prefix) => path()
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Glob(glob) => glob.is_match(path()),
        }
    }
}

fn segments(path: &str) -> String {
    path.replace("::", "/").replace('.', "/")
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
mod tests {
    use super::*;

    fn tests() -> Vec<Test> {
        let quiet = async || {};
        vec![
            Test::new("shop::users::create", quiet).tags(["users"]),
            Test::new("shop::users::delete", quiet).tags(["users", "danger"]),
            Test::new("shop::users2::create", quiet),
            Test::new("shop::till::counts", quiet).slow(),
        ]
    }

    fn names(selection: &Selection) -> Result<Vec<String>, String> {
        let tests = tests();
        Ok(selection
            .of(tests.iter())?
            .into_iter()
            .map(|at| tests[at].name().replace("shop::", ""))
            .collect())
    }

    #[test]
    fn slow_tests_run_where_they_are_asked_for() {
        assert_eq!(names(&Selection::fast()).unwrap().len(), 3);
        assert_eq!(names(&Selection::slow()).unwrap().len(), 4);
    }

    #[test]
    fn prefixes_are_of_whole_segments() {
        for pattern in [
            "shop::users",
            "shop.users",
            "tag:users",
            "shop::users::*",
            "*::users::*",
        ] {
            assert_eq!(
                names(&Selection::fast().select(pattern)).unwrap(),
                ["users::create", "users::delete"],
                "{pattern}"
            );
        }
        assert_eq!(
            names(&Selection::fast().select("shop.users.create")).unwrap(),
            ["users::create"]
        );
        assert_eq!(
            names(&Selection::fast().select("*cr?ate").skip("shop::users")).unwrap(),
            ["users2::create"]
        );
        assert_eq!(
            names(&Selection::fast().select("shop::{users2,till}*")).unwrap(),
            ["users2::create"]
        );
    }

    #[test]
    fn tests_of_one_scope_can_be_selected() {
        let tests = [
            Test::new("shop::disk", async || {}).instance(),
            Test::new("shop::database", async || {}),
        ];
        for (scope, position) in [(Scope::Instance, 0), (Scope::Shared, 1)] {
            let selection = Selection::fast().of_scope(scope);
            assert_eq!(selection.of(tests.iter()), Ok(vec![position]));
        }
        let none = Selection::fast().of_scope(Scope::Instance);
        assert!(none.of(tests[1..].iter()).is_err());
    }

    #[test]
    fn a_schedule_leaves_out_what_runs_on_request() {
        let tests = [
            Test::new("shop::opens", async || {}),
            Test::new("shop::reports", async || {}).slow().on_request(),
        ];
        let slow = Selection::slow();
        assert_eq!(slow.of(tests.iter()), Ok(vec![0, 1]));
        let scheduled = slow.clone().of_schedule(tests.iter());
        assert_eq!(scheduled.of(tests.iter()), Ok(vec![0]));
        assert_ne!(scheduled, slow);
        // It is the same selection where nothing is left out.
        let fast = Selection::fast();
        assert_eq!(fast.clone().of_schedule(tests.iter()), fast);
        assert_eq!(slow.clone().of_schedule(tests[..1].iter()), slow);
    }

    #[test]
    fn exact_names_are_no_patterns() {
        let only = |names: &[&str]| Selection::only(names.iter().copied());
        assert_eq!(
            names(&only(&["shop::users::delete", "shop::till::counts"])).unwrap(),
            ["users::delete", "till::counts"]
        );
        assert_eq!(
            names(&only(&["shop::users"])).unwrap_err(),
            "no test is called \"shop::users\""
        );
        assert_eq!(names(&only(&[])).unwrap_err(), "no test is selected");
        let narrowed = only(&["shop::users::delete", "shop::till::counts"]).skip("shop::till");
        assert_eq!(names(&narrowed).unwrap(), ["users::delete"]);
    }

    #[test]
    fn what_matches_nothing_is_named() {
        for (selection, reason) in [
            (
                Selection::fast().select("shop::user"),
                "no test matches \"shop::user\"",
            ),
            (
                Selection::fast().select("shop").skip("shop::usres"),
                "no test matches \"shop::usres\"",
            ),
            (
                Selection::fast().select("tag:nobody"),
                "no test matches \"tag:nobody\"",
            ),
            (Selection::fast().skip("shop"), "no test is selected"),
            (
                Selection::fast().select("shop::till"),
                "\"shop::till\": every selected test is slow: ask for the slow tests",
            ),
            (
                Selection::fast().select("shop::users").select("shop::till"),
                "\"shop::till\": every selected test is slow: ask for the slow tests",
            ),
            (Selection::fast().select(""), "a pattern is empty"),
        ] {
            assert_eq!(names(&selection).unwrap_err(), reason);
        }
        assert!(
            names(&Selection::fast().select("shop::["))
                .unwrap_err()
                .contains("is not a valid glob pattern")
        );
        assert!(
            names(&Selection::fast().select("x".repeat(300)))
                .unwrap_err()
                .contains("longer")
        );
        let many = (0..40).fold(Selection::fast(), |selection, at| {
            selection.select(format!("x{at}"))
        });
        assert!(names(&many).unwrap_err().contains("more than 32"));
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_is_answered(pattern in ".{0,80}") {
            let _ = names(&Selection::fast().select(pattern));
        }
    }
}
