//! A test: what it is called, what it asks for, and what it does.

mod any;
mod body;
mod function;
mod suite;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use smoke_report::{Kind, Place, Scope};

pub(crate) use any::{AnyBody, erase};
pub use body::Body;
pub use function::{Async, Blocking, TestFn};
pub(crate) use suite::Hooks;
pub use suite::Suite;

/// The group of tests that say `serial` and no more.
const SERIAL: &str = "serial";

/// A smoke test: a name, a function of fixtures, and how it is to be run.
///
/// `#[smoke_test]` makes a test from a function, and registers it. Make one yourself if it is known
/// only when the application runs.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_core::{Provided, Registry, Result, Test, ensure};
///
/// struct Config { public_url: String }
///
/// async fn https(config: Provided<Config>) -> Result {
///     ensure!(config.public_url.starts_with("https://"));
///     Ok(())
/// }
///
/// let test = Test::new("shop::config::https", https).timeout(Duration::from_secs(1)).tags(["config"]);
/// let registry = Registry::new().test(test);
/// ```
#[derive(Clone)]
pub struct Test {
    pub(crate) name: Arc<str>,
    pub(crate) class: Option<Arc<str>>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) slow: bool,
    pub(crate) scope: Scope,
    pub(crate) advisory: bool,
    pub(crate) destructive: bool,
    pub(crate) on_request: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) serial: Option<String>,
    pub(crate) skip: Option<String>,
    pub(crate) place: Option<Place>,
    pub(crate) body: Arc<dyn AnyBody>,
}

impl Test {
    /// A test by its path: `shop::accounts::can_login`, or `shop::accounts::Accounts::can_login`
    /// in a suite.
    pub fn new<Marker: 'static>(name: impl Into<String>, function: impl TestFn<Marker>) -> Self {
        Self {
            name: name.into().into(),
            class: None,
            description: None,
            tags: Vec::new(),
            slow: false,
            scope: Scope::Shared,
            advisory: false,
            destructive: false,
            on_request: false,
            timeout: None,
            serial: None,
            skip: None,
            place: None,
            body: erase(function),
        }
    }

    /// Replaces the name. For ready-made tests: two of one kind need two names.
    ///
    /// ```
    /// use smoke_core::Test;
    ///
    /// let test = Test::new("checks::reachable", async || {}).named("shop::payments::reachable");
    /// assert_eq!((test.name(), test.class()), ("shop::payments::reachable", "shop::payments"));
    /// ```
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into().into();
        self
    }

    /// Says what the test shows.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds tags, by which the test can be selected: `?select=tag:users`.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Runs the test only if slow tests are asked for.
    #[must_use]
    pub fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Says that a failure is the fault of this process or its host alone: a full disk, a certificate
    /// that is not loaded, a cache that is never warm. Such a test takes this instance out of
    /// traffic, and no other.
    ///
    /// Without this, a failure is said to be of what all replicas share, and takes nobody out.
    #[must_use]
    pub fn instance(mut self) -> Self {
        self.scope = Scope::Instance;
        self
    }

    /// Takes [`instance`](Self::instance) back, where a ready-made test says it.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.scope = Scope::Shared;
        self
    }

    /// Reports the test as warned where it fails or errs: it is seen, and blocks neither a verdict nor
    /// traffic. What it leaves behind is no warning: where something that it wrote may have stayed, it is
    /// errored as any other test.
    ///
    /// A run in which nothing but advisory tests ran, and none of them passed, is a FAIL.
    #[must_use]
    pub fn advisory(mut self) -> Self {
        self.advisory = true;
        self
    }

    /// Takes [`advisory`](Self::advisory) back, where a ready-made test says it: a failure counts.
    #[must_use]
    pub fn decisive(mut self) -> Self {
        self.advisory = false;
        self
    }

    /// Says that something stays of what the test does, which no rollback undoes. It runs only if the
    /// registry allows it (`Registry::allow_destructive`, feature `destructive`) and a POST with a token
    /// asked for the run. Otherwise it is reported as skipped, with the reason.
    ///
    /// It is not tried a second time where another test would be.
    #[must_use]
    pub fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    /// Leaves the test out of all schedules: it runs only where somebody asks for a run that has it. For
    /// what is not to be done every few minutes by every replica.
    ///
    /// It does not say who may ask. What a stranger must not start is [`slow`](Self::slow), too.
    ///
    /// ```
    /// use smoke_core::Test;
    ///
    /// let test = Test::new("shop::reports::builds_the_yearly_one", async || {}).slow().on_request();
    /// assert!(test.is_on_request());
    /// ```
    #[must_use]
    pub fn on_request(mut self) -> Self {
        self.on_request = true;
        self
    }

    /// Takes [`on_request`](Self::on_request) back, where a ready-made test says it: schedules run it.
    #[must_use]
    pub fn scheduled(mut self) -> Self {
        self.on_request = false;
        self
    }

    /// Sets how long the test may take, instead of the registry's limit for tests.
    ///
    /// Waiting for a sandbox does not count.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Never runs the test at the same time as another `serial` one, in any run.
    #[must_use]
    pub fn serial(self) -> Self {
        self.serial_in(SERIAL)
    }

    /// Never runs the test at the same time as another one of that group, in any run.
    #[must_use]
    pub fn serial_in(mut self, group: impl Into<String>) -> Self {
        self.serial = Some(group.into());
        self
    }

    /// Does not run the test, and reports it as skipped with that reason.
    #[must_use]
    pub fn skip(mut self, reason: impl Into<String>) -> Self {
        self.skip = Some(reason.into());
        self
    }

    /// Sets where the test is in the source.
    #[must_use]
    pub fn place(mut self, place: impl Into<Place>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The full name of the test.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The suite: what stands before the last `::` of the name.
    #[must_use]
    pub fn class(&self) -> &str {
        match &self.class {
            Some(class) => class,
            None => {
                // Each run asks it of each test: a search for a text would first prepare for long ones.
                let mut pairs = self.name.as_bytes().windows(2);
                let end = pairs.rposition(|pair| pair == b"::");
                end.map_or("", |end| &self.name[..end])
            }
        }
    }

    /// The greatest kind among the test's fixtures.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// Who may lose traffic for a failure.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether a failure is only reported, and blocks nothing.
    #[must_use]
    pub fn is_advisory(&self) -> bool {
        self.advisory
    }

    /// Whether the test runs only if slow tests are asked for.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    /// Whether something stays of what the test does.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.destructive
    }

    /// Whether schedules leave the test out.
    #[must_use]
    pub fn is_on_request(&self) -> bool {
        self.on_request
    }

    /// What the test shows, if it has a description.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The tags by which the test can be selected.
    #[must_use]
    pub fn tag_list(&self) -> &[String] {
        &self.tags
    }

    /// How long the test may take, if it has its own limit.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// The group of tests of which one runs at a time.
    #[must_use]
    pub fn serial_group(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// Why the test does not run, if it is to be skipped.
    #[must_use]
    pub fn skip_reason(&self) -> Option<&str> {
        self.skip.as_deref()
    }

    /// Where the test is in the source, if that is known.
    #[must_use]
    pub fn location(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Test")
            .field("name", &self.name)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
