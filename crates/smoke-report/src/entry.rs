use std::time::Duration;

use crate::{Kind, Outcome, Place, RequestMade, Scope, Times};

/// What a run found about one test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestReport {
    /// The test's path: `crate::module::test` or `crate::module::Suite::test`.
    pub name: String,
    /// The test's suite, by its path; reports call it a test class.
    pub class: String,
    /// What the test shows, in its author's words.
    pub description: Option<String>,
    /// The test's tags.
    pub tags: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The greatest kind among its fixtures.
    pub kind: Kind,
    /// Who may lose traffic for it.
    pub scope: Scope,
    /// Whether the runner had no time or no place for it: its outcome says nothing of the application.
    pub starved: bool,
    /// How long it took, set-up and tear-down included.
    pub duration: Duration,
    /// Where that time went, and how long the test waited. None if it did not begin.
    pub times: Option<Times>,
    /// What went wrong, or why it was skipped.
    pub message: Option<String>,
    /// What caused that, nearest cause first.
    pub causes: Vec<String>,
    /// Where it went wrong.
    pub place: Option<Place>,
    /// The requests it made to the application, in order.
    pub requests: Vec<RequestMade>,
    /// What was logged while it ran, line by line, if it did not pass and somebody listened.
    pub log: Vec<String>,
}

impl TestReport {
    /// A report with what everybody may see of a test. The other fields are empty.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        class: impl Into<String>,
        kind: Kind,
        outcome: Outcome,
        duration: Duration,
    ) -> Self {
        Self {
            name: name.into(),
            class: class.into(),
            description: None,
            tags: Vec::new(),
            outcome,
            kind,
            scope: Scope::default(),
            starved: false,
            duration,
            times: None,
            message: None,
            causes: Vec::new(),
            place: None,
            requests: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Sets who may lose traffic for it. Without this, it is shared.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets what the test shows.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Replaces the tags.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets where the time went.
    #[must_use]
    pub fn with_times(mut self, times: Times) -> Self {
        self.times = Some(times);
        self
    }

    /// Sets what went wrong, or why the test was skipped.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Replaces the causes, nearest cause first.
    #[must_use]
    pub fn with_causes(mut self, causes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.causes = causes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets where it went wrong: a [`Place`] or a [`&Location`](std::panic::Location).
    #[must_use]
    pub fn with_place(mut self, place: impl Into<Place>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Replaces the requests.
    #[must_use]
    pub fn with_requests(mut self, requests: impl IntoIterator<Item = RequestMade>) -> Self {
        self.requests = requests.into_iter().collect();
        self
    }

    /// Replaces what was logged while the test ran, line by line.
    #[must_use]
    pub fn with_log(mut self, lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.log = lines.into_iter().map(Into::into).collect();
        self
    }

    /// The message with its causes: `message (caused by: nearest: next)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use smoke_report::{Kind, Outcome, TestReport};
    ///
    /// let test = TestReport::new("shop::sells", "shop", Kind::Unit, Outcome::Failed, Duration::ZERO)
    ///     .with_message("cannot sell")
    ///     .with_causes(["the till is shut", "no key"]);
    /// assert_eq!(test.cause(), "cannot sell (caused by: the till is shut: no key)");
    /// ```
    #[must_use]
    pub fn cause(&self) -> String {
        let mut cause = self.message.clone().unwrap_or_default();
        if !self.causes.is_empty() {
            cause.push_str(&format!(" (caused by: {})", self.causes.join(": ")));
        }
        cause
    }

    /// What a stranger may see: what [`TestReport::new`] takes, and the scope. A field that is added later
    /// is hidden until it is added here.
    pub(crate) fn without_details(&self) -> Self {
        Self::new(
            &self.name,
            &self.class,
            self.kind,
            self.outcome,
            self.duration,
        )
        .with_scope(self.scope)
    }
}
