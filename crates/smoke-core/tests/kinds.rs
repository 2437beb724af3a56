//! Tests are chosen by their kinds, and run kind by kind.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use smoke_core::{
    Context, Fixture, Kind, Limits, Outcome, Providers, Registry, Report, Result, Runner,
    Selection, Suite, Test, Verdict, fail,
};
use support::run_one;

/// A fixture for its kind alone.
#[derive(Clone)]
struct Database;

/// The same.
#[derive(Clone)]
struct Http;

impl Fixture for Database {
    const KIND: Kind = Kind::Database;

    fn check(_: &Providers<'_>) -> Result {
        Ok(())
    }

    async fn acquire(_: &Context) -> Result<Self> {
        Ok(Self)
    }
}

impl Fixture for Http {
    const KIND: Kind = Kind::Http;

    fn check(_: &Providers<'_>) -> Result {
        Ok(())
    }

    async fn acquire(_: &Context) -> Result<Self> {
        Ok(Self)
    }
}

async fn run(registry: Registry, selection: Selection) -> Report {
    Runner::new(registry).run(selection).await
}

/// The outcomes, each with its test's name.
fn outcomes(report: &Report) -> Vec<(&str, Outcome)> {
    assert_eq!(report.reasons, Vec::<String>::new());
    let tests = report.tests.iter();
    tests.map(|test| (&*test.name, test.outcome)).collect()
}

/// A test of each kind, each of which passes but one.
fn one_of_each(broken: &str) -> Registry {
    let fails = |name: &str| -> Result {
        if name == broken {
            fail!("no money");
        }
        Ok(())
    };
    let [unit, database, http] = ["unit", "database", "http"].map(fails);
    Registry::new()
        .test(Test::new("a::http", move |_: Http| http.clone()))
        .test(Test::new("b::database", move |_: Database| {
            database.clone()
        }))
        .test(Test::new("c::unit", move || unit.clone()))
        .test(Test::new("d::database", |_: Database| {}))
}

#[tokio::test]
async fn the_tests_of_chosen_kinds_run() {
    let report = run(one_of_each(""), Selection::fast().kind(Kind::Database)).await;
    let passed = Outcome::Passed;
    assert_eq!(
        outcomes(&report),
        [("b::database", passed), ("d::database", passed)]
    );
    let both = Selection::fast().kind(Kind::Unit).kind(Kind::Http);
    let report = run(one_of_each(""), both).await;
    assert_eq!(
        outcomes(&report),
        [("a::http", passed), ("c::unit", passed)]
    );
}

#[tokio::test]
async fn a_kind_of_which_there_is_no_test_is_a_fail_that_names_it() {
    let slow = Registry::new()
        .test(Test::new("a", || {}))
        .test(Test::new("b", |_: Http| {}).slow());
    for (registry, selection, reason) in [
        (
            one_of_each(""),
            Selection::fast().kind(Kind::Unit).kind(Kind::Browser),
            "kind browser: no test is selected",
        ),
        (
            one_of_each(""),
            Selection::fast().kind(Kind::Unit).skip("c"),
            "kind unit: no test is selected",
        ),
        (
            one_of_each(""),
            Selection::fast().select("b").select("c").kind(Kind::Unit),
            "\"b\": no test is selected",
        ),
        (
            slow,
            Selection::fast().kind(Kind::Http),
            "kind http: every selected test is slow: ask for the slow tests",
        ),
    ] {
        let report = run(registry, selection).await;
        assert_eq!(report.reasons, [reason]);
        assert_eq!(report.verdict(), Verdict::Fail);
    }
}

#[tokio::test]
async fn a_pipeline_goes_from_fast_to_slow_kinds() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let says = |what: &'static str| {
        let order = Arc::clone(&order);
        move || {
            order.lock().unwrap().push(what);
            // Others have their turn, if they may.
            std::thread::yield_now();
            order.lock().unwrap().push(what);
        }
    };
    let mut registry = Registry::new().limits(Limits::default().tests_at_once(4));
    for n in 0..8 {
        let [unit, database, http] = ["unit", "database", "http"].map(says);
        registry = registry
            .test(Test::new(format!("a::{n}"), move |_: Http| http()))
            .test(Test::new(format!("b::{n}"), move |_: Database| database()))
            .test(Test::new(format!("c::{n}"), unit));
    }
    let report = run(registry, Selection::fast().pipeline()).await;
    assert_eq!(report.counts().passed, 24);
    let order = order.lock().unwrap();
    let expected = ["unit", "database", "http"].map(|kind| [kind; 16]);
    assert_eq!(*order, expected.concat());
}

#[tokio::test]
async fn a_pipeline_stops_at_the_first_kind_that_breaks() {
    use Outcome::{Failed, Passed, Skipped};
    for (broken, [http, database, unit]) in [
        ("unit", [Skipped, Skipped, Failed]),
        ("database", [Skipped, Failed, Passed]),
        ("http", [Failed, Passed, Passed]),
        ("", [Passed; 3]),
    ] {
        let report = run(one_of_each(broken), Selection::fast().pipeline()).await;
        // The other tests of the kind that breaks still run.
        let beside = if broken == "unit" { Skipped } else { Passed };
        let expected = [
            ("a::http", http),
            ("b::database", database),
            ("c::unit", unit),
            ("d::database", beside),
        ];
        assert_eq!(outcomes(&report), expected);
        for test in report.tests.iter().filter(|test| test.outcome == Skipped) {
            let why = format!("a test of kind {broken} did not pass, and the pipeline stops there");
            assert_eq!(test.message, Some(format!("not run: {why}")));
        }
    }
}

#[tokio::test]
async fn a_suite_is_of_its_slowest_kind_and_its_hooks_wait_for_that() {
    for (fails, set_ups) in [(false, 1), (true, 0)] {
        let set_up = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&set_up);
        let suite = Suite::new("a")
            .test("http", |_: Http| {})
            .test("unit", || {})
            .set_up(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            });
        let unit = move || -> Result {
            if fails {
                fail!("no money");
            }
            Ok(())
        };
        let registry = Registry::new()
            .suite(suite)
            .test(Test::new("b::unit", unit));
        let report = run(registry, Selection::fast().pipeline()).await;
        let counts = report.counts();
        assert_eq!(
            (counts.passed, counts.skipped),
            if fails { (0, 2) } else { (3, 0) }
        );
        assert_eq!(set_up.load(Ordering::SeqCst), set_ups);
    }
}

#[tokio::test]
async fn a_tear_down_that_fails_breaks_its_kind() {
    let suite = Suite::new("a")
        .test("unit", || {})
        .tear_down(|| -> Result { fail!("the till is open") });
    let registry = Registry::new()
        .suite(suite)
        .test(Test::new("b::http", |_: Http| {}));
    let report = run(registry, Selection::fast().pipeline()).await;
    let expected = [("a::unit", Outcome::Errored), ("b::http", Outcome::Skipped)];
    assert_eq!(outcomes(&report), expected);
}

#[tokio::test]
async fn a_test_without_others_needs_no_pipeline() {
    let test = run_one(Test::new("shop::opens", || {})).await;
    assert_eq!(test.outcome, Outcome::Passed);
    let registry = Registry::new().test(Test::new("shop::opens", || {}));
    let report = run(registry, Selection::fast().pipeline()).await;
    assert_eq!(outcomes(&report), [("shop::opens", Outcome::Passed)]);
}
