use std::time::{Duration, SystemTime};

use crate::{Counts, Outcome, TestReport, Verdict};

/// What a run found.
///
/// The verdict, the counts and the lists of names are derived from `reasons` and `tests`, so they cannot
/// contradict them. It serializes to the JSON answer. An answer that contradicts itself does not
/// deserialize (see the [crate's docs](crate)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The identifier of the run.
    pub run: String,
    /// What identifies the build of the application.
    pub build: Option<String>,
    /// What identifies the instance that answered.
    pub instance: Option<String>,
    /// When the run began, where that is known: nothing in the report is older. As it is written, to the
    /// millisecond; a moment that no calendar has, before 1970 or after 9999, is left out.
    pub started: Option<SystemTime>,
    /// How long ago the run had ended when this was answered, where that is known. In whole seconds where
    /// it is written, as in the header `Age`: equal answers are as long as each other then.
    pub age: Option<Duration>,
    /// How long the run took.
    pub duration: Duration,
    /// Why the run is a FAIL whatever its tests found. One reason suffices.
    pub reasons: Vec<String>,
    /// The tests that were selected, in the order in which they are reported.
    pub tests: Vec<TestReport>,
}

impl Report {
    /// An empty report. It is a FAIL until a test that ran is added.
    #[must_use]
    pub fn new(run: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            build: None,
            instance: None,
            started: None,
            age: None,
            duration: Duration::ZERO,
            reasons: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// The report of a run that did not begin, with the reason.
    #[must_use]
    pub fn refused(run: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(run).with_reasons([reason])
    }

    /// Names the build of the application.
    #[must_use]
    pub fn with_build(mut self, build: impl Into<String>) -> Self {
        self.build = Some(build.into());
        self
    }

    /// Names the instance that answers.
    #[must_use]
    pub fn with_instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Says when the run began, and how long ago it had ended when this is answered.
    #[must_use]
    pub fn as_of(mut self, started: SystemTime, age: Duration) -> Self {
        (self.started, self.age) = (Some(started), Some(age));
        self
    }

    /// Sets how long the run took.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Replaces the reasons for which the run is a FAIL whatever its tests found.
    #[must_use]
    pub fn with_reasons(mut self, reasons: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.reasons = reasons.into_iter().map(Into::into).collect();
        self
    }

    /// Replaces the tests.
    #[must_use]
    pub fn with_tests(mut self, tests: impl IntoIterator<Item = TestReport>) -> Self {
        self.tests = tests.into_iter().collect();
        self
    }

    /// PASS only if at least one test passed, none failed or errored, and there is no reason against it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let good = self.tests.iter().all(|test| test.outcome.is_good());
        if self.reasons.is_empty() && good && self.any_passed() {
            Verdict::Pass
        } else {
            Verdict::Fail
        }
    }

    /// The number of tests with each outcome.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.tests)
    }

    /// The reasons as answers show them. If there is none, and no test passed, failed or errored, it is "no
    /// test ran", or that only advisory tests did.
    ///
    /// Empty if only the tests decide the verdict.
    #[must_use]
    pub fn fail_reasons(&self) -> Vec<String> {
        let decides = |test: &TestReport| test.outcome.ran() && test.outcome != Outcome::Warned;
        if !self.reasons.is_empty() || self.tests.iter().any(decides) {
            self.reasons.clone()
        } else if self.warned_tests().next().is_some() {
            vec!["only advisory tests ran, and none of them passed".to_owned()]
        } else {
            vec!["no test ran".to_owned()]
        }
    }

    /// The report for a viewer without the token.
    ///
    /// It keeps the verdict with its reasons, and the name, class, kind, scope, outcome and duration of
    /// each test. It leaves out messages, causes, places, requests, logs, times, descriptions and tags, and
    /// also build and instance, which tell what the application is and where it runs.
    #[must_use]
    pub fn without_details(&self) -> Report {
        Self {
            run: self.run.clone(),
            build: None,
            instance: None,
            started: self.started,
            age: self.age,
            duration: self.duration,
            reasons: self.reasons.clone(),
            tests: self.tests.iter().map(TestReport::without_details).collect(),
        }
    }

    /// The names of the tests that failed.
    pub fn failed_tests(&self) -> impl Iterator<Item = &str> {
        self.names(Outcome::Failed)
    }

    /// The names of the tests that errored.
    pub fn errored_tests(&self) -> impl Iterator<Item = &str> {
        self.names(Outcome::Errored)
    }

    /// The names of the advisory tests that did not pass.
    pub fn warned_tests(&self) -> impl Iterator<Item = &str> {
        self.names(Outcome::Warned)
    }

    /// The names of the tests that were skipped.
    pub fn skipped_tests(&self) -> impl Iterator<Item = &str> {
        self.names(Outcome::Skipped)
    }

    pub(crate) fn with_outcome(&self, outcome: Outcome) -> impl Iterator<Item = &TestReport> {
        self.tests
            .iter()
            .filter(move |test| test.outcome == outcome)
    }

    fn names(&self, outcome: Outcome) -> impl Iterator<Item = &str> {
        self.with_outcome(outcome).map(|test| test.name.as_str())
    }

    fn any_passed(&self) -> bool {
        let mut tests = self.tests.iter();
        tests.any(|test| test.outcome == Outcome::Passed)
    }
}
