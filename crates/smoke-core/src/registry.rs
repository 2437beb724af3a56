//! The tests of one application and what they need.

use std::any::{TypeId, type_name};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::access::Access;
use crate::fixture::sandbox::{SandboxFixture, shared};
use crate::providers::{Source, Supplies};
use crate::rollback::erase;
use crate::test::Hooks;
use crate::{
    AppFactory, Backend, DatabaseName, Fixture, Limits, Sandbox, SandboxOf, SigningKey, Suite, Test,
};

/// What the environment calls the build, where the registry does not say so itself.
const BUILD: &str = "SMOKE_BUILD";

/// The tests of one application and what they need: provided values, rollback backends, how to
/// build the application under test, who may see what.
///
/// Mistakes never panic: [`problems`](Self::problems) names them, they are logged when the
/// [`Runner`](crate::Runner) is made, and each run is a FAIL with the reason until they are mended.
///
/// # Examples
///
/// ```
/// use smoke_core::{Provided, Registry, Result, Runner, Selection, Test, ensure};
///
/// struct Config { public_url: String }
///
/// async fn https(config: Provided<Config>) -> Result {
///     ensure!(config.public_url.starts_with("https://"));
///     Ok(())
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let registry = Registry::new()
///     .test(Test::new("shop::config::https", https))
///     .provide(Config { public_url: "https://shop.example".to_owned() })
///     .expect_at_least(1)
///     .build_id("4f2a91c");
/// let report = Runner::new(registry).run(Selection::fast()).await;
/// assert!(report.verdict().is_pass());
/// # });
/// ```
#[must_use]
pub struct Registry {
    pub(crate) tests: Vec<Test>,
    pub(crate) hooks: HashMap<Arc<str>, Hooks>,
    pub(crate) supplies: Supplies,
    pub(crate) access: Access,
    pub(crate) signing_keys: Vec<SigningKey>,
    pub(crate) limits: Limits,
    pub(crate) build: Option<String>,
    pub(crate) instance: Option<String>,
    at_least: usize,
    accept_abort: bool,
    problems: Vec<String>,
}

impl Registry {
    /// A registry without tests. An empty one is a FAIL.
    pub fn new() -> Self {
        Self {
            tests: Vec::new(),
            hooks: HashMap::new(),
            supplies: Supplies::default(),
            access: Access::default(),
            signing_keys: Vec::new(),
            limits: Limits::default(),
            build: std::env::var(BUILD).ok().filter(|build| !build.is_empty()),
            instance: gethostname::gethostname().into_string().ok(),
            at_least: 1,
            accept_abort: false,
            problems: Vec::new(),
        }
    }

    /// A registry of every `#[smoke_test]` and `#[smoke_suite]` that is linked into this binary,
    /// ordered by path.
    ///
    /// The linker leaves out a dependency that nothing mentions: a crate of tests needs a
    /// `use their_tests as _;` in the binary. [`expect_at_least`](Self::expect_at_least) guards it.
    pub fn discover() -> Self {
        let (tests, suites) = crate::discover::all();
        let registry = tests.into_iter().fold(Self::new(), Self::test);
        suites.into_iter().fold(registry, Self::suite)
    }

    /// Adds a test.
    pub fn test(mut self, test: Test) -> Self {
        self.tests.push(test);
        self
    }

    /// Adds a suite with its tests.
    pub fn suite(mut self, suite: Suite) -> Self {
        let hooks = self.hooks.entry(Arc::clone(&suite.name)).or_default();
        for (what, known, new) in [
            ("set-up", &mut hooks.set_up, suite.hooks.set_up),
            ("tear-down", &mut hooks.tear_down, suite.hooks.tear_down),
        ] {
            if new.is_some() && known.is_some() {
                self.problems.push(format!(
                    "two suites are called {}, and each has a {what}",
                    suite.name
                ));
            }
            *known = new.or(known.take());
        }
        self.tests.extend(suite.tests);
        self
    }

    /// Provides a value to the tests and the application's factory, as
    /// [`Provided<T>`](crate::Provided).
    ///
    /// The application's own connection pool cannot be provided where a backend rolls back that
    /// pool type, nor an [`Arc`] of it: what it writes would stay. Wrap it in a type of your own for tests that only
    /// look at the pool.
    pub fn provide<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        if self
            .supplies
            .values
            .insert(TypeId::of::<T>(), (type_name::<T>(), Arc::new(value)))
            .is_some()
        {
            self.problems
                .push(format!("{} is provided twice", type_name::<T>()));
        }
        self
    }

    /// Makes sandboxes for a pool type, as [`Sandbox<P>`](crate::Sandbox).
    pub fn rollback<B: Backend>(self, backend: B) -> Self {
        self.sandboxed::<Sandbox<B::Pool>>(backend)
    }

    /// Makes sandboxes for one of several databases, as [`SandboxOf<D>`](crate::SandboxOf).
    ///
    /// ```
    /// # use smoke_core::{Backend, DatabaseName, Registry};
    /// # fn registry<P: Clone + Send + Sync + 'static>(app: impl Backend<Pool = P>, billing: impl Backend<Pool = P>) -> Registry {
    /// struct Billing<P>(std::marker::PhantomData<P>);
    ///
    /// impl<P: Clone + Send + Sync + 'static> DatabaseName for Billing<P> {
    ///     type Pool = P;
    /// }
    ///
    /// Registry::new().rollback(app).rollback_of::<Billing<P>>(billing)
    /// # }
    /// ```
    pub fn rollback_of<D: DatabaseName>(self, backend: impl Backend<Pool = D::Pool>) -> Self {
        self.sandboxed::<SandboxOf<D>>(backend)
    }

    /// Gives the sandbox of `Writer` to whoever asks for that of `Replica`, so that what a test
    /// wrote can be read where the application reads from a replica.
    ///
    /// ```
    /// # use smoke_core::{Backend, DatabaseName, Registry, Sandbox, SandboxOf};
    /// # #[derive(Clone)] struct Pool;
    /// struct Replica;
    ///
    /// impl DatabaseName for Replica {
    ///     type Pool = Pool;
    /// }
    ///
    /// # fn registry(backend: impl Backend<Pool = Pool>) -> Registry {
    /// Registry::new().rollback(backend).replica::<SandboxOf<Replica>, Sandbox<Pool>>()
    /// # }
    /// ```
    pub fn replica<Replica, Writer>(mut self) -> Self
    where
        Replica: SandboxFixture,
        Writer: SandboxFixture<Pool = Replica::Pool>,
    {
        self.source::<Replica>(shared::<Writer>());
        self
    }

    fn sandboxed<S: SandboxFixture>(mut self, backend: impl Backend<Pool = S::Pool>) -> Self {
        let backend = erase(backend);
        self.supplies.backends.push(Arc::clone(&backend));
        self.source::<S>(Source::Backend(backend));
        self
    }

    fn source<S: SandboxFixture>(&mut self, source: Source) {
        if self
            .supplies
            .sandboxes
            .insert(TypeId::of::<S>(), source)
            .is_some()
        {
            self.problems
                .push(format!("{} is given twice", type_name::<S>()));
        }
    }

    /// Says how the application under test is built. Adapters make the factory:
    /// `smoke_axum::app(..)`.
    pub fn app(mut self, mut factory: AppFactory) -> Self {
        self.problems.append(&mut factory.problems);
        self.supplies.app_headers = std::mem::take(&mut factory.headers);
        if self.supplies.app.replace(factory.into_inner()).is_some() {
            self.problems
                .push("two factories build the application under test".to_owned());
        }
        self
    }

    /// Skips, for that reason, the tests that need a fixture which this registry does not have,
    /// instead of having them errored.
    ///
    /// ```
    /// # use smoke_core::{Registry, Sandbox};
    /// # #[derive(Clone)] struct Pool;
    /// let registry = Registry::new().skip_without::<Sandbox<Pool>>("this region has no database");
    /// ```
    pub fn skip_without<F: Fixture>(mut self, reason: impl Into<String>) -> Self {
        self.supplies.skips.insert(TypeId::of::<F>(), reason.into());
        self
    }

    /// What identifies the build of the application, for deploy gates: its commit, or whatever
    /// differs from one deploy to the next. The environment variable `SMOKE_BUILD` unless set here.
    ///
    /// A crate's version is none: where the same version is deployed again, a gate would take the
    /// process before for the new one.
    pub fn build_id(mut self, build: impl Into<String>) -> Self {
        self.build = Some(build.into());
        self
    }

    /// What identifies this instance, instead of the host's name.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Makes every run a FAIL while fewer tests are registered: tests that were not linked in
    /// would be lost in silence.
    pub fn expect_at_least(mut self, tests: usize) -> Self {
        self.at_least = tests.max(1);
        self
    }

    /// Gives everything to whoever shows the token (`Authorization: Bearer ...`). Everybody else
    /// may run the fast tests and sees verdict, counts, names and outcomes.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.access.token = Some(token.into());
        self
    }

    /// Gives nothing at all to whoever does not show the token.
    pub fn require_token(mut self) -> Self {
        self.access.strangers_refused = true;
        self
    }

    /// Gives everything to everybody: for an endpoint that only operators can reach.
    pub fn open(mut self) -> Self {
        self.access.open = true;
        self
    }

    /// Believes other services that call for a smoke test of theirs, where they have signed with
    /// this key: their requests get [`CalledBySmokeTest`](crate::CalledBySmokeTest).
    ///
    /// Keys may be several, so that one can be replaced while services are deployed one by one.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.signing_keys.push(key);
        self
    }

    /// Replaces the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Runs tests although this build aborts at a panic: a test that panics then ends the
    /// process, with everything else that it does.
    pub fn accept_abort(mut self) -> Self {
        self.accept_abort = true;
        self
    }

    /// What is wrong with the registry as a whole; each of these makes every run a FAIL.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if cfg!(panic = "abort") && !self.accept_abort {
            problems.push(
                "this build aborts at a panic (panic = \"abort\"), so a test that panics would end the process: \
                 build with panic = \"unwind\", or accept that with .accept_abort()"
                    .to_owned(),
            );
        }
        self.name_problems(&mut problems);
        for (_, (name, _)) in self
            .supplies
            .values
            .iter()
            .filter(|(id, _)| self.supplies.rolls_back(**id))
        {
            problems.push(format!(
                "{name} is provided, and is the pool type of a rollback backend: what it writes would NOT be rolled back. \
                 Tests ask for Sandbox<..>; for a look at the application's own pool provide it inside a type of your own"
            ));
        }
        problems.extend(self.access.problem().map(str::to_owned));
        problems.extend(self.limits.problem());
        for (what, value) in [("build id", &self.build), ("instance", &self.instance)] {
            if value
                .as_ref()
                .is_some_and(|value| http::HeaderValue::from_str(value).is_err())
            {
                problems.push(format!(
                    "the {what} has characters that no header can carry"
                ));
            }
        }
        problems
    }

    fn name_problems(&self, problems: &mut Vec<String>) {
        let found = self.tests.len();
        if found == 0 {
            problems.push("no tests are registered (a crate of tests needs `use its_name as _;` in the binary)".to_owned());
        } else if found < self.at_least {
            problems.push(format!(
                "{found} tests are registered, and at least {} are expected (a crate of tests needs `use its_name as _;` in the binary)",
                self.at_least
            ));
        }
        let mut seen = HashSet::new();
        for test in &self.tests {
            if test.name.trim().is_empty() {
                problems.push("a test has no name".to_owned());
            }
            if !seen.insert(&test.name) {
                problems.push(format!("two tests are called {}", test.name));
            }
        }
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("tests", &self.tests)
            .field("build", &self.build)
            .finish_non_exhaustive()
    }
}
