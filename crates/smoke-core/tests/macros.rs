//! What `#[smoke_test]` and `#[smoke_suite]` hand to the core.

mod support;

use std::time::Duration;

use smoke_core::{Client, Failure, Kind, Provided, Result, Scope, Suite, Test, Unique};
use smoke_core::{Outcome, Registry, Runner, Selection};
use smoke_core::{smoke_suite, smoke_test};
use support::{Diary, assert_ended};

#[derive(Debug)]
struct Config {
    url: String,
}

mod free {
    use super::*;

    /// Shows one thing,
    ///   in more than
    /// one line.
    ///
    /// And says more.
    #[smoke_test(
        slow,
        instance,
        advisory,
        on_request,
        destructive,
        timeout = "1m 30s",
        tags("users", "x"),
        serial = "mail",
        skip = "not today"
    )]
    #[allow(unused_variables)]
    pub(super) async fn everything_is_said(client: Client, _: Provided<Config>) {}

    #[smoke_test]
    pub(super) async fn nothing_is_said() {}

    #[smoke_test(serial, name = "renamed")]
    fn a_blocking_test(config: Provided<Config>) -> anyhow::Result<()> {
        anyhow::ensure!(!config.url.is_empty());
        Ok(())
    }

    #[smoke_test(crate = "::smoke_core")]
    async fn r#match(unique: Unique) -> impl smoke_core::IntoOutcome {
        drop(unique);
    }

    #[cfg(any())]
    #[smoke_test]
    async fn is_not_there_before() {}

    #[smoke_test]
    #[cfg(any())]
    async fn is_not_there_after() {}

    #[smoke_test]
    #[rustfmt::skip]
    async fn eight(
        _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique,
    ) -> Result<(), String> {
        Ok(())
    }
}

mod suites {
    use super::*;

    #[derive(Debug)]
    pub(super) struct Accounts {
        url: String,
    }

    /// Not the description of a test.
    #[smoke_suite(slow, instance, tags("accounts"), timeout = "3s", serial)]
    impl Accounts {
        #[suite_set_up]
        fn warm_up(config: Provided<Config>) -> Result {
            drop(config);
            Ok(())
        }

        #[suite_tear_down]
        async fn cool_down() {}

        #[set_up]
        async fn new(config: Provided<Config>) -> Result<Self> {
            let url = config.url.clone();
            Ok(Self { url })
        }

        #[tear_down]
        fn done(&self, client: Client) {
            drop((client, self.helper()));
        }

        /// A user can log in.
        #[smoke_test]
        async fn can_login(&self, client: Client) -> Result<(), &'static str> {
            drop(client);
            Err(self.helper()).or(Ok(()))
        }

        #[smoke_test(timeout = "1s", tags("more"), serial = "one", name = "out")]
        fn can_logout(&self) -> Result {
            Ok(())
        }

        #[cfg(any())]
        #[smoke_test]
        fn is_not_there(&self) {}

        #[smoke_test]
        #[rustfmt::skip]
        fn eight(
            &self,
            _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique,
        ) {}

        fn helper(&self) -> &'static str {
            if self.url.is_empty() { "empty" } else { "full" }
        }
    }

    #[derive(Clone, Debug, Default)]
    pub(super) struct Plain;

    #[smoke_suite(name = "Renamed", skip = "closed", instance, advisory, on_request)]
    impl Plain {
        #[smoke_test(shared, decisive, scheduled)]
        fn differs(&self) {}

        #[smoke_core::smoke_test]
        async fn works(&self, again: smoke_core::This<Self>) {
            drop(again);
        }
    }
}

mod runs {
    use super::*;

    #[derive(Debug)]
    struct Ledger {
        pages: u32,
    }

    #[smoke_suite(serial)]
    impl Ledger {
        #[suite_set_up]
        async fn open(diary: Provided<Diary>) {
            diary.note("suite set-up");
        }

        #[suite_tear_down]
        fn close(diary: Provided<Diary>) -> Result {
            diary.note("suite tear-down");
            Ok(())
        }

        #[set_up]
        async fn new(diary: Provided<Diary>) -> Result<Self, Failure> {
            diary.note("set-up");
            Ok(Self { pages: 1 })
        }

        #[tear_down]
        async fn done(&self, diary: Provided<Diary>) {
            assert_eq!(self.pages, 1);
            diary.note("tear-down");
        }

        #[smoke_test]
        async fn a_future(&self, diary: Provided<Diary>) -> Result<(), Failure> {
            assert_eq!(self.pages, 1);
            diary.note("future");
            Err(Failure::new("the ledger is closed"))
        }

        #[smoke_test]
        fn blocking(&self, diary: Provided<Diary>) {
            assert_eq!(self.pages, 1);
            diary.note("blocking");
        }
    }

    #[derive(Debug)]
    struct NeverMade;

    #[smoke_suite]
    impl NeverMade {
        #[set_up]
        fn new() -> anyhow::Result<Self> {
            anyhow::bail!("out of clay")
        }

        #[smoke_test]
        fn is_not_run(&self, diary: Provided<Diary>) {
            let Self = self;
            diary.note("a test without its value");
        }
    }
}

mod inside {
    pub(super) fn of_a_function() -> u32 {
        /// Is inside.
        #[smoke_core::smoke_test]
        async fn a_function() {}
        line!() - 1
    }
}

fn test(name: &str) -> Test {
    let (tests, _) = smoke_core::__private::all();
    let mut found = tests.into_iter().filter(|test| test.name() == name);
    let test = found.next().expect(name);
    assert!(found.next().is_none(), "{name} is there twice");
    test
}

fn suite(name: &str) -> Suite {
    let (_, suites) = smoke_core::__private::all();
    let mut found = suites.into_iter().filter(|suite| suite.name() == name);
    let suite = found.next().expect(name);
    assert!(found.next().is_none(), "{name} is there twice");
    suite
}

#[test]
fn what_an_attribute_says_arrives() {
    let test = test("macros::free::everything_is_said");
    assert_eq!(
        test.summary(),
        Some("Shows one thing,\n  in more than\none line.\n\nAnd says more.")
    );
    assert!(test.is_slow());
    assert_eq!(test.scope(), Scope::Instance);
    assert!(test.is_advisory());
    assert!(test.is_on_request());
    assert!(test.is_destructive());
    assert_eq!(test.kind(), Kind::Http);
    assert_eq!(test.class(), "macros::free");
    assert_eq!(test.tag_list(), ["users", "x"]);
    assert_eq!(test.time_limit(), Some(Duration::from_secs(90)));
    assert_eq!(test.serial_group(), Some("mail"));
    assert_eq!(test.skip_reason(), Some("not today"));
}

#[test]
fn what_is_not_said_is_left_to_the_registry() {
    let test = test("macros::free::nothing_is_said");
    assert_eq!(test.summary(), None);
    assert!(!test.is_slow());
    assert_eq!(test.scope(), Scope::Shared);
    assert!(!test.is_advisory());
    assert!(!test.is_on_request());
    assert!(!test.is_destructive());
    assert_eq!(test.kind(), Kind::Unit);
    assert!(test.tag_list().is_empty());
    assert_eq!(test.time_limit(), None);
    assert_eq!(test.serial_group(), None);
    assert_eq!(test.skip_reason(), None);
}

#[test]
fn tests_are_found_in_the_order_of_their_paths() {
    let (tests, suites) = smoke_core::__private::all();
    let names: Vec<&str> = tests.iter().map(Test::name).collect();
    assert_eq!(
        names,
        [
            "macros::free::eight",
            "macros::free::everything_is_said",
            "macros::free::match",
            "macros::free::nothing_is_said",
            "macros::free::renamed",
            "macros::inside::a_function",
        ]
    );
    let names: Vec<&str> = suites.iter().map(Suite::name).collect();
    assert_eq!(
        names,
        [
            "macros::runs::Ledger",
            "macros::runs::NeverMade",
            "macros::suites::Accounts",
            "macros::suites::Renamed",
        ]
    );
}

#[test]
fn a_plain_serial_is_a_group_of_its_own() {
    let test = test("macros::free::renamed");
    let group = test.serial_group().unwrap();
    assert!(!group.is_empty());
    assert_ne!(group, "mail");
}

#[test]
fn a_test_stands_where_its_name_is_written() {
    let line = inside::of_a_function();
    let test = test("macros::inside::a_function");
    let place = test.location().unwrap();
    assert!(place.file.ends_with("macros.rs"), "{place}");
    assert_eq!((place.line, place.column), (line, 18));
    let suite = suite("macros::suites::Renamed");
    assert_eq!(suite.tests()[1].location().unwrap().column, 18);
}

#[test]
fn a_test_can_say_the_opposite_of_its_suite() {
    let suite = suite("macros::suites::Renamed");
    let said = suite
        .tests()
        .iter()
        .map(|test| (test.scope(), test.is_advisory(), test.is_on_request()));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [(Scope::Shared, false, false), (Scope::Instance, true, true)]
    );
}

#[test]
fn a_suites_tests_take_what_they_do_not_say_from_the_suite() {
    let suite = suite("macros::suites::Accounts");
    let [login, eight, out] = suite.tests() else {
        panic!("{suite:?}");
    };
    assert_eq!(login.name(), "macros::suites::Accounts::can_login");
    assert_eq!(login.class(), "macros::suites::Accounts");
    assert_eq!(login.summary(), Some("A user can log in."));
    assert_eq!(login.tag_list(), ["accounts"]);
    assert_eq!(login.time_limit(), Some(Duration::from_secs(3)));
    assert_eq!(eight.name(), "macros::suites::Accounts::eight");
    assert_eq!(out.name(), "macros::suites::Accounts::out");
    assert_eq!(out.tag_list(), ["accounts", "more"]);
    assert_eq!(out.time_limit(), Some(Duration::from_secs(1)));
    assert_eq!(out.serial_group(), Some("one"));
    assert!(suite.tests().iter().all(Test::is_slow));
    let scopes = suite.tests().iter().map(Test::scope);
    assert!(scopes.into_iter().all(|scope| scope == Scope::Instance));
}

#[test]
fn a_suites_tests_are_of_the_kind_of_its_hooks() {
    for test in suite("macros::suites::Accounts").tests() {
        assert_eq!(test.kind(), Kind::Http, "{test:?}");
    }
    let plain = suite("macros::suites::Renamed");
    let test = &plain.tests()[0];
    assert_eq!(test.kind(), Kind::Unit);
    assert_eq!(test.class(), "macros::suites::Renamed");
    assert_eq!(test.skip_reason(), Some("closed"));
}

#[tokio::test]
async fn a_test_stays_a_function() {
    free::nothing_is_said().await;
    let _: fn(Client, Provided<Config>) -> _ = free::everything_is_said;
}

#[tokio::test]
async fn a_suite_is_set_up_and_torn_down_around_each_test_and_around_all() {
    let diary = Diary::default();
    let runner = Runner::new(Registry::discover().provide(diary.clone()));
    let ledger = Selection::fast().select("macros::runs::Ledger");
    let report = runner.run(ledger).await;
    let [future, blocking] = &report.tests[..] else {
        panic!("{report:#?}");
    };
    assert_ended(future, Outcome::Failed, "the ledger is closed");
    assert_eq!(blocking.outcome, Outcome::Passed, "{blocking:#?}");
    let lines = diary.lines();
    let (first, rest) = lines.split_first().unwrap();
    let (last, tests) = rest.split_last().unwrap();
    assert_eq!((&**first, &**last), ("suite set-up", "suite tear-down"));
    let mut tests: Vec<&[String]> = tests.chunks(3).collect();
    tests.sort();
    let expected = ["blocking", "future"].map(|name| ["set-up", name, "tear-down"]);
    assert_eq!(tests, expected);
}

#[tokio::test]
async fn a_test_whose_value_cannot_be_made_does_not_run() {
    let diary = Diary::default();
    let runner = Runner::new(Registry::discover().provide(diary.clone()));
    let report = runner
        .run(Selection::fast().select("macros::runs::NeverMade"))
        .await;
    assert_ended(&report.tests[0], Outcome::Errored, "out of clay");
    assert!(diary.lines().is_empty());
}

#[tokio::test]
async fn free_functions_run_as_tests() {
    let registry = Registry::discover().provide(Config { url: String::new() });
    let runner = Runner::new(registry);
    let report = runner.run(Selection::fast().select("macros::free")).await;
    let ended = |name: &str| {
        let mut tests = report.tests.iter();
        tests
            .find(|test| test.name.ends_with(name))
            .unwrap()
            .outcome
    };
    assert_eq!(ended("::nothing_is_said"), Outcome::Passed);
    assert_eq!(ended("::match"), Outcome::Passed);
    assert_eq!(ended("::eight"), Outcome::Passed);
    assert_ne!(ended("::renamed"), Outcome::Passed);
}
