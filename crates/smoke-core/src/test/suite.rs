//! Tests that share set-up and tear-down.

use std::fmt;
use std::sync::Arc;

use smoke_report::Kind;

use super::any::{AnyBody, erase};
use super::{Test, TestFn};

/// Tests that belong together, with a set-up and a tear-down that run once around them in each run.
///
/// Reports call a suite a test class. `#[smoke_suite]` makes a suite from an `impl` block. Make one
/// yourself if its tests are known only when the application runs.
///
/// # Examples
///
/// ```
/// use smoke_core::{Registry, Result, Suite};
///
/// async fn warm_up() -> Result { Ok(()) }
/// async fn charges() -> Result { Ok(()) }
/// fn refunds() {}
///
/// let payments = Suite::new("shop::payments")
///     .set_up(warm_up)
///     .test("charges", charges)
///     .test("refunds", refunds);
/// let registry = Registry::new().suite(payments);
/// ```
pub struct Suite {
    pub(crate) name: Arc<str>,
    pub(crate) tests: Vec<Test>,
    pub(crate) hooks: Hooks,
}

/// What is done once a run around the tests of a suite.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) set_up: Option<Arc<dyn AnyBody>>,
    pub(crate) tear_down: Option<Arc<dyn AnyBody>>,
}

impl Suite {
    /// A suite by its path.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into().into(),
            tests: Vec::new(),
            hooks: Hooks::default(),
        }
    }

    /// Adds a test. Its full name is the suite's name, `::` and this name.
    #[must_use]
    pub fn test<Marker: 'static>(self, name: &str, function: impl TestFn<Marker>) -> Self {
        let test = Test::new(format!("{}::{name}", self.name), function);
        self.with(test)
    }

    /// Adds a test that is already made, or what one is made of. It keeps its name, and belongs to this
    /// suite.
    #[must_use]
    pub fn with(mut self, test: impl Into<Test>) -> Self {
        let mut test = test.into();
        test.class = Some(Arc::clone(&self.name));
        self.tests.push(test);
        self
    }

    /// Sets a function that runs once in each run, before the first of the suite's selected tests.
    ///
    /// If it fails, those tests are errored and do not run. Its fixtures have to be of kind unit,
    /// because nothing that belongs to one test can outlive it. The compiler checks that.
    #[must_use]
    pub fn set_up<Marker: 'static, F: TestFn<Marker>>(mut self, function: F) -> Self {
        const {
            assert!(
                matches!(F::KIND, Kind::Unit),
                "a suite's set-up takes fixtures of kind unit only"
            )
        };
        self.hooks.set_up = Some(erase(function));
        self
    }

    /// Sets a function that runs once in each run, after the last of the suite's selected tests, if
    /// the set-up succeeded.
    ///
    /// If it fails, one of the tests that passed becomes errored. Its fixtures have to be of kind
    /// unit. The compiler checks that.
    #[must_use]
    pub fn tear_down<Marker: 'static, F: TestFn<Marker>>(mut self, function: F) -> Self {
        const {
            assert!(
                matches!(F::KIND, Kind::Unit),
                "a suite's tear-down takes fixtures of kind unit only"
            )
        };
        self.hooks.tear_down = Some(erase(function));
        self
    }

    /// The full name of the suite.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tests of the suite.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .field("tests", &self.tests)
            .finish_non_exhaustive()
    }
}
