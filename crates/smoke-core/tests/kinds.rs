//! Tests are chosen by their kinds, and run kind by kind.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smoke_core::{
    Arrival, Ask, Context, Endpoint, Event, Fixture, Kind, Limits, Outcome, Providers, Registry,
    Report, Result, Runner, Schedule, Selection, Suite, Test, Verdict, fail,
};
use support::{PATIENCE, assert_ended, only, run_one, until};

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

/// The same.
#[derive(Clone)]
struct Browser;

impl Fixture for Browser {
    const KIND: Kind = Kind::Browser;

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

/// A registry with a browser test beside another one, and how often the first has run.
fn with_a_browser() -> (Registry, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let clicks = move |_: Browser| {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}))
        .test(Test::new("shop::signs_up", clicks));
    (registry, runs)
}

const SKIPPED: &str =
    "a browser is started by the command line and `cargo test` alone, not in a process that serves";

#[tokio::test]
async fn no_request_starts_a_browser() {
    let (registry, runs) = with_a_browser();
    let runner = Runner::new(registry.open());
    let endpoint = Endpoint::new(&runner);
    let asked = async |uri: &str, method: &str| {
        let request = http::Request::builder().method(method).uri(uri);
        let head = request.body(()).unwrap().into_parts().0;
        let answer = endpoint.answer(endpoint.route("/smoketest/").unwrap(), &head);
        let body = answer.await.into_body().into_bytes().unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    for method in ["GET", "POST"] {
        let answer = asked("/smoketest/", method).await;
        let said = format!("\nshop::signs_up skipped: {SKIPPED}\n");
        assert!(answer.starts_with("PASS\n"), "{answer}");
        assert!(answer.ends_with(&said), "{answer}");
        // Of nothing that ran no PASS is earned.
        let answer = asked("/smoketest/?select=shop::signs_up", method).await;
        assert!(answer.starts_with("FAIL\n"), "{answer}");
    }
    assert_eq!(runner.run(Selection::slow()).await.counts().skipped, 1);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_schedule_starts_a_browser() {
    let (registry, runs) = with_a_browser();
    let often = Schedule::every(Duration::from_millis(100));
    let runner = Runner::new(registry.schedule(often));
    let mut events = runner.events();
    runner.start();
    let ended = until(&mut events, |event| {
        matches!(event, Event::RunFinished { .. })
    });
    let Event::RunFinished { report, .. } = ended.await else {
        unreachable!()
    };
    let passed = ("shop::opens", Outcome::Passed);
    let skipped = ("shop::signs_up", Outcome::Skipped);
    assert_eq!(outcomes(&report), [passed, skipped]);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn whoever_asks_for_browsers_gets_them_and_nobody_elses_answer() {
    let (registry, runs) = with_a_browser();
    let runner = Runner::new(registry);
    let fast = || Ask::new(Selection::fast());
    let others = runner.ask(fast()).await;
    assert_eq!(others.report.counts().skipped, 1);
    let own = runner.ask(fast().with_browsers()).await;
    assert_eq!(own.report.counts().passed, 2);
    assert_eq!(runner.ask(fast()).await.report.counts().skipped, 1);
    // A request does not get them by whoever passes it on.
    let passed_on = fast().fresh().with_browsers().arrived(Arrival::default());
    assert_eq!(runner.ask(passed_on).await.report.counts().skipped, 1);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_browser_test_has_a_limit_of_its_kind() {
    let asked = async |limits: Limits, test: Test| {
        let registry = Registry::new().limits(limits).test(test);
        let ask = Ask::new(Selection::fast()).with_browsers();
        only(Report::clone(&Runner::new(registry).ask(ask).await.report))
    };
    let moment = Duration::from_millis(1);
    let short = || Limits::default().test(moment).browser_test(PATIENCE);
    let takes_longer = |_: Browser| tokio::time::sleep(20 * Duration::from_millis(1));
    let test = asked(short(), Test::new("a", takes_longer)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    // What the test says itself counts more.
    let endless = async |_: Browser| std::future::pending::<()>().await;
    let test = asked(short(), Test::new("a", endless).timeout(moment)).await;
    assert_ended(&test, Outcome::Errored, "took longer than its limit of 1ms");
}
