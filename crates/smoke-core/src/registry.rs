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
use crate::watch::{Settings, Thresholds};
use crate::{
    AppFactory, Backend, DatabaseName, Fixture, Limits, Sandbox, SandboxOf, Schedule, Selection,
    SigningKey, Suite, Test,
};

/// FAIL's status unless set.
const UNAVAILABLE: u16 = 503;

/// The tests of one application and what they need: provided values, rollback backends, the factory
/// of the application under test, and who may see what.
///
/// Mistakes never panic. [`problems`](Self::problems) names them, the [`Runner`](crate::Runner) logs
/// them when it is made, and each run is a FAIL with the reason until they are fixed.
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
    pub(crate) destructive: Option<String>,
    pub(crate) build: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) usual_schedules: bool,
    pub(crate) thresholds: Thresholds,
    pub(crate) hold: bool,
    pub(crate) settings: Settings,
    pub(crate) fail_status: u16,
    at_least: usize,
    accept_abort: bool,
    problems: Vec<String>,
}

impl Registry {
    /// A registry without tests. Its runs are a FAIL until a test is added.
    pub fn new() -> Self {
        let settings = Settings::from_env();
        Self {
            tests: Vec::new(),
            hooks: HashMap::new(),
            supplies: Supplies::default(),
            access: Access::default(),
            signing_keys: Vec::new(),
            limits: Limits::default(),
            build: settings.build.clone(),
            destructive: None,
            instance: gethostname::gethostname().into_string().ok(),
            schedules: Vec::new(),
            usual_schedules: false,
            thresholds: Thresholds::default(),
            hold: false,
            settings,
            fail_status: UNAVAILABLE,
            at_least: 1,
            accept_abort: false,
            problems: Vec::new(),
        }
    }

    /// A registry of every `#[smoke_test]` and `#[smoke_suite]` that is linked into this binary,
    /// ordered by path.
    ///
    /// The linker drops a dependency that nothing mentions, so a crate of tests needs a
    /// `use their_tests as _;` in the binary. [`expect_at_least`](Self::expect_at_least) guards
    /// against a missing one.
    pub fn discover() -> Self {
        let (tests, suites) = crate::discover::all();
        let registry = tests.into_iter().fold(Self::new(), Self::test);
        suites.into_iter().fold(registry, Self::suite)
    }

    /// Adds a test, or what a test is made of: the ready-made checks of `smoke-checks` are such.
    pub fn test(mut self, test: impl Into<Test>) -> Self {
        self.tests.push(test.into());
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

    /// Provides a value to the tests and to the application's factory, as
    /// [`Provided<T>`](crate::Provided).
    ///
    /// The application's own connection pool, or an [`Arc`] of it, is refused if a backend rolls back
    /// that pool type, because what it writes would stay. For tests that only look at the pool, wrap
    /// it in a type of your own.
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

    /// Adds the backend that makes the sandboxes of a pool type: [`Sandbox<P>`](crate::Sandbox).
    pub fn rollback<B: Backend>(self, backend: B) -> Self {
        self.sandboxed::<Sandbox<B::Pool>>(backend)
    }

    /// Adds the backend that makes the sandboxes of one of several databases:
    /// [`SandboxOf<D>`](crate::SandboxOf).
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

    /// Uses the sandbox of `Writer` as the sandbox of `Replica` too. An application that reads from a
    /// replica then reads what the test wrote.
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
            .insert(TypeId::of::<S>(), (type_name::<S>(), source))
            .is_some()
        {
            self.problems
                .push(format!("{} is given twice", type_name::<S>()));
        }
    }

    /// Sets the factory of the application under test. Adapters make it: `smoke_axum::app(..)`.
    pub fn app(mut self, mut factory: AppFactory) -> Self {
        self.problems.append(&mut factory.problems);
        self.supplies.app_headers = std::mem::take(&mut factory.headers);
        if self.supplies.app.replace(factory.into_inner()).is_some() {
            self.problems
                .push("two factories build the application under test".to_owned());
        }
        self
    }

    /// Skips the tests that need a fixture which this registry does not have, with that reason.
    /// Without this, they are errored.
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

    /// Sets what identifies the build of the application, for deploy gates: its commit, or something
    /// else that differs between deploys. Without this, the environment variable `SMOKE_BUILD`
    /// counts.
    ///
    /// Do not use the crate's version: if the same version is deployed again, a gate would mistake the
    /// old process for the new one.
    pub fn build_id(mut self, build: impl Into<String>) -> Self {
        self.build = Some(build.into());
        self
    }

    /// Sets what identifies this instance. Without this, it is the host's name.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Makes every run a FAIL if fewer tests are registered. Otherwise nobody would notice tests that
    /// were not linked in.
    pub fn expect_at_least(mut self, tests: usize) -> Self {
        self.at_least = tests.max(1);
        self
    }

    /// Adds a token. A request that has it (`Authorization: Bearer ...`) may do and see everything.
    /// Any other may run the fast tests, and sees verdict, counts, names and outcomes.
    ///
    /// Several may be added, so that a token can be replaced: deploy with both, give the new one to
    /// all clients, deploy without the old one. A request with a wrong token is refused, also where
    /// it would be trusted without one.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.access.tokens.add(token.into());
        self
    }

    /// Trusts requests from networks as those with a token, such as `10.0.0.0/8` or `2001:db8::1`.
    ///
    /// The network is that of the connection's peer, as the server tells it: axum with
    /// `into_make_service_with_connect_info::<SocketAddr>()`, actix-web always, another tower service
    /// with a `SocketAddr` in the request's extensions. Where no peer is known, nobody is trusted.
    ///
    /// A request that was passed on is not trusted by its network: one with `Forwarded`, `Via`,
    /// `X-Forwarded-For` or another header that only proxies add, unless the peer is one of
    /// [`proxies`](Self::proxies). A proxy that adds no such header cannot be told from a client: do not
    /// allow an address that one stands at, `127.0.0.1` included.
    ///
    /// # Examples
    ///
    /// ```
    /// use smoke_core::{Registry, Test};
    ///
    /// let registry = Registry::new()
    ///     .test(Test::new("shop::opens", async || {}))
    ///     .token("t0ken")
    ///     .allow(["10.20.0.0/16", "2001:db8:20::/48"])
    ///     .proxies(["10.0.0.1", "10.0.0.2"]);
    /// assert!(registry.problems().is_empty());
    ///
    /// let registry = registry.allow(["10.0.0.0/33"]);
    /// assert_eq!(
    ///     registry.problems(),
    ///     ["network 3 of .allow(..) cannot be read: write one like 10.0.0.0/8, or an address"]
    /// );
    /// ```
    pub fn allow<N: AsRef<str>>(mut self, networks: impl IntoIterator<Item = N>) -> Self {
        for network in networks {
            self.access.networks.allow(network.as_ref());
        }
        self
    }

    /// Names the proxies whose word on the client counts, for [`allow`](Self::allow). They have to append
    /// the client's address to `X-Forwarded-For` or `Forwarded`, or to replace what the client has sent.
    ///
    /// The client is the right-most address that is not a proxy's. Its network makes it trusted if
    /// nothing stands left of it (an unlisted proxy, or the client itself, wrote that), if `Forwarded` and
    /// `X-Forwarded-For` agree where both are there, and if no more proxies say `Via` than are listed. A
    /// proxy's own requests are not trusted.
    pub fn proxies<N: AsRef<str>>(mut self, networks: impl IntoIterator<Item = N>) -> Self {
        for network in networks {
            self.access.networks.proxy(network.as_ref());
        }
        self
    }

    /// Trusts requests as those with a token if a closure says so of their head. If several are added,
    /// one of them is enough. One that panics trusts nobody.
    ///
    /// Whatever is in a header can be sent by anybody, unless something in front of the application
    /// removes it. On actix-web the head has no extensions but how the request arrived
    /// ([`Arrival`](crate::Arrival)).
    ///
    /// # Examples
    ///
    /// A client certificate that the server has verified, in a type of its own:
    ///
    /// ```
    /// use smoke_core::Registry;
    ///
    /// #[derive(Clone)]
    /// struct VerifiedName(String);
    ///
    /// let registry = Registry::new().allow_if(|head| {
    ///     let name = head.extensions.get::<VerifiedName>();
    ///     name.is_some_and(|name| name.0 == "monitor.shop.example")
    /// });
    /// ```
    pub fn allow_if(
        mut self,
        trusts: impl Fn(&http::request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.access.allow_if.push(Box::new(trusts));
        self
    }

    /// Refuses strangers, with 401: requests without the token that are not trusted otherwise.
    pub fn require_token(mut self) -> Self {
        self.access.strangers_refused = true;
        self
    }

    /// Lets everybody do and see everything. For an endpoint that only operators can reach.
    pub fn open(mut self) -> Self {
        self.access.open = true;
        self
    }

    /// Adds a key of other services that call this one in their smoke tests. Requests that are signed
    /// with it get [`CalledBySmokeTest`](crate::CalledBySmokeTest).
    ///
    /// Several keys may be added, so that a key can be replaced while services are deployed one by
    /// one.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.signing_keys.push(key);
        self
    }

    /// Adds a schedule: tests that the runner runs by itself once
    /// [`Runner::start`](crate::Runner::start) is called. The probe paths answer from its runs.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Adds the usual schedules: the tests of this instance every 30 seconds, and those of what all
    /// replicas share every five minutes. A scope that no fast test has gets none.
    pub fn usual_schedules(mut self) -> Self {
        self.usual_schedules = true;
        self
    }

    /// Sets after how many failed scheduled runs in a row a test is down that has passed in this
    /// process. 3 unless set. One that never passed is down at its first failure.
    pub fn fail_after(mut self, runs: u32) -> Self {
        self.thresholds.fail_after = runs;
        self
    }

    /// Sets after how many passed scheduled runs in a row a test that is down is up again. 2 unless
    /// set. One that never passed is up at its first pass.
    pub fn recover_after(mut self, runs: u32) -> Self {
        self.thresholds.recover_after = runs;
        self
    }

    /// Keeps traffic from a new process until each schedule has had a run that passed, shared tests
    /// included: a broken build then never gets any. Once released, it is never held again.
    ///
    /// Restarts and scale-ups are held too while a database is down. `SMOKE_OFF=1` releases.
    pub fn hold_until_first_pass(mut self) -> Self {
        self.hold = true;
        self
    }

    /// Replaces the status of a FAIL, which is 503: another one from 400 to 599, for probers that
    /// tell a warning by it. Requests that are refused keep their own.
    pub fn fail_status(mut self, status: u16) -> Self {
        self.fail_status = status;
        self
    }

    /// Replaces the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets destructive tests ([`Test::destructive`]) run: those whose effects are not rolled back. `why`
    /// says to whoever reads the registry what they do, and that it is meant.
    ///
    /// They run only in a run that a POST with a token asked for, not in one of somebody who is trusted
    /// otherwise, nor on a schedule, nor in [`Runner::run`](crate::Runner::run). Elsewhere they are
    /// reported as skipped.
    ///
    /// # Examples
    ///
    /// ```
    /// use smoke_core::{Registry, Test};
    ///
    /// let registry = Registry::new()
    ///     .test(Test::new("shop::mail::arrives", async || {}).destructive())
    ///     .token("t0ken")
    ///     .allow_destructive("sends one mail to an address of ours");
    /// assert!(registry.problems().is_empty());
    /// ```
    #[cfg(feature = "destructive")]
    pub fn allow_destructive(mut self, why: impl Into<String>) -> Self {
        self.destructive = Some(why.into());
        self
    }

    /// Runs tests even though this build aborts on a panic. A test that panics then ends the whole
    /// process.
    pub fn accept_abort(mut self) -> Self {
        self.accept_abort = true;
        self
    }

    /// What is wrong with the registry. Each problem makes every run a FAIL.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if cfg!(panic = "abort") && !self.accept_abort {
            problems.push(
                "this build aborts on a panic (panic = \"abort\"), so a test that panics would end the process: \
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
        problems.extend(self.access.problems());
        problems.extend(self.limits.problem());
        self.probe_problems(&mut problems);
        if self
            .destructive
            .as_ref()
            .is_some_and(|why| why.trim().is_empty())
        {
            problems.push(".allow_destructive(..) does not say why".to_owned());
        }
        if self.destructive.is_some() && !self.access.has_token() {
            problems.push(
                "the registry has .allow_destructive(..) and no .token(..): only POST with a token runs destructive tests"
                    .to_owned(),
            );
        }
        for (what, value) in [("build id", &self.build), ("instance", &self.instance)] {
            if value
                .as_ref()
                .is_some_and(|value| http::HeaderValue::from_str(value).is_err())
            {
                problems.push(format!(
                    "the {what} has characters that a header cannot have"
                ));
            }
        }
        problems
    }

    fn probe_problems(&self, problems: &mut Vec<String>) {
        problems.extend(self.schedules.iter().filter_map(Schedule::problem));
        problems.extend(self.settings.problems.iter().cloned());
        let skips = self.settings.skip.iter().map(Selection::skipped_by);
        problems.extend(skips.filter_map(|skipped| {
            let error = skipped.of(self.tests.iter()).err()?;
            Some(format!("SMOKE_SKIP cannot be followed: {error}"))
        }));
        let thresholds = [
            ("fail_after", self.thresholds.fail_after),
            ("recover_after", self.thresholds.recover_after),
        ];
        let zero = thresholds.iter().filter(|(_, runs)| *runs == 0);
        problems
            .extend(zero.map(|(name, _)| format!(".{name}(0) is no threshold: the least is 1")));
        if !(400..600).contains(&self.fail_status) {
            let status = self.fail_status;
            problems.push(format!(
                ".fail_status({status}) would let a FAIL pass for something else: give one from 400 to 599"
            ));
        }
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
        let mut seen = HashSet::with_capacity(found);
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
