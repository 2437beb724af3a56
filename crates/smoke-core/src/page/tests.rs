//! The page as a whole.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use smoke_report::{Kind, Outcome, Report, RequestMade, Scope, TestReport, Verdict};

use super::*;
use crate::history::Begun;
use crate::watch::Ran;
use crate::{Registry, Runner, Schedule, Test};

const TESTS: usize = 200;

/// Ten of many tests fail, each in its own way and every now and then, in a hundred runs.
fn busy() -> Runner {
    let name = |at: usize| format!("shop::orders::Orders::can_be_changed_until_they_are_sent_{at}");
    let tests = (0..TESTS).map(|at| {
        let description = "An order that is not sent yet can be changed by whoever made it.";
        Test::new(name(at), async || {}).description(description)
    });
    let registry = tests.fold(Registry::new(), |registry, test| registry.test(test));
    let runner = Runner::new(registry.build_id("4f2a91c").instance("shop-1"));
    for run in 0..100 {
        let test = |at: usize| {
            let outcome = match (run + at) % 7 {
                0..3 if at.is_multiple_of(20) => Outcome::Failed,
                _ => Outcome::Passed,
            };
            let took = Duration::from_micros(((run * 37 + at * 91) % 9_001) as u64);
            let test = TestReport::new(name(at), "Orders", Kind::Http, outcome, took);
            let message = "POST /orders answered 500 Internal Server Error, wanted 201";
            let lines = (0..50).map(|line| format!("2026-11-27T17:05:07Z ERROR shop: line {line}"));
            let request = RequestMade::new("POST", "/orders").with_status(500);
            match outcome {
                Outcome::Passed => test,
                _ => test
                    .with_message(message)
                    .with_causes(["the pool gave no connection", "timed out"])
                    .with_requests([request])
                    .with_log(lines),
            }
        };
        let report = Arc::new(Report::new(run.to_string()).with_tests((0..TESTS).map(test)));
        let begun = Begun {
            run: run.to_string().into(),
            selection: "fast".to_owned(),
            asked_by: "the schedule".to_owned(),
            started: SystemTime::now(),
            is_public: true,
            is_whole: true,
        };
        runner.history().begin(begun).end(&report);
    }
    runner
}

fn page(runner: &Runner, is_trusted: bool, all: bool) -> String {
    render(&looked_at(runner, is_trusted, all)).0
}

fn looked_at(runner: &Runner, is_trusted: bool, all: bool) -> View {
    let look = Look {
        root: "./".to_owned(),
        is_trusted,
        all,
    };
    View::of(runner, look, None)
}

/// How many bytes a browser loads.
fn whole(page: &str) -> usize {
    page.len() + STYLE.len() + SCRIPT.len() + ICON.len()
}

#[test]
fn the_page_of_many_tests_and_runs_is_small_with_all_its_parts() {
    let page = page(&busy(), true, false);
    assert!(whole(&page) < 60 * 1024, "{} bytes", whole(&page));
    assert_eq!(page.matches("data-test=").count(), 40);
    assert!(page.contains("Show all 200 tests") && page.contains("Show all 100 runs"));
    let failed: Vec<_> = page.match_indices("class=\"failed\" data-test=").collect();
    let passed = page.find("class=\"passed\" data-test=").unwrap();
    assert!(!failed.is_empty() && failed.iter().all(|(at, _)| *at < passed));
    assert!(page.contains("30 earlier lines") && page.contains("line 49"));
    assert!(!page.contains("line 29<"), "the end of a log is shown");
    let (opened, closed) = ("<details open>", "<details>");
    assert_eq!(page.matches(opened).count(), 3);
    assert!(page.rfind(opened) < page.find(closed));
}

fn long_run(run: usize, filling: &str) -> Begun {
    Begun {
        run: run.to_string().into(),
        selection: filling.repeat(400),
        asked_by: filling.repeat(400),
        started: SystemTime::now(),
        is_public: true,
        is_whole: true,
    }
}

/// Everything fails, and says very much.
fn verbose(filling: &str) -> Runner {
    let long = |name: &str| format!("{name} {}", filling.repeat(400));
    let name = |at: usize| format!("shop::{}_{at}", filling.repeat(30));
    let tests = (0..45).map(|at| Test::new(name(at), async || {}).description(long("described")));
    let mut registry = tests.fold(Registry::new(), |registry, test| registry.test(test));
    for _ in 0..30 {
        registry = registry.schedule(Schedule::every(Duration::from_secs(600)));
    }
    let runner = Runner::new(registry);
    for run in 0..100 {
        let test = |at: usize| {
            let outcome = [Outcome::Failed, Outcome::Errored][(run + at) % 2];
            let took = Duration::from_micros(((run * 37 + at * 91) % 9_001) as u64);
            let test = TestReport::new(name(at), "Orders", Kind::Http, outcome, took);
            let request = RequestMade::new("POST", format!("/orders{}", filling.repeat(50)));
            match run {
                99 => test
                    .with_message(long("message"))
                    .with_causes((0..16).map(|at| long(&format!("cause {at}"))))
                    .with_requests(vec![request; 200])
                    .with_log((0..100).map(|at| format!("line {at} {}", filling.repeat(50)))),
                _ => test.with_message("it is broken"),
            }
        };
        let report = Report::new(run.to_string()).with_tests((0..45).map(test));
        let report = Arc::new(report.with_reasons((0..10).map(|_| long("reason"))));
        runner.history().begin(long_run(run, filling)).end(&report);
        if run == 99 {
            let ran = Ran {
                schedule: 0,
                began: Instant::now(),
                report: &report,
                reason: None,
            };
            runner.watch().learn(&ran, Instant::now());
        }
    }
    runner
}

#[test]
fn the_page_is_small_however_much_there_is_to_say() {
    // As a person writes, what has to be escaped, and the other verdict's word.
    for filling in ["a word ", "\"<日&", "PASS"] {
        let runner = verbose(filling);
        let under_way = 100..110;
        let under_way = under_way.map(|run| runner.history().begin(long_run(run, filling)));
        let _under_way: Vec<_> = under_way.collect();
        let page = page(&runner, true, false);
        assert!(
            whole(&page) < 60 * 1024,
            "{filling}: {} bytes",
            whole(&page)
        );
        let shown = page.matches("data-test=").count();
        assert!(shown > 4, "{filling}: {shown}");
        for part in [
            "described",
            "message",
            "cause 0",
            "line 99",
            "/orders",
            "and 18 more",
            // It says where the rest is.
            "all is here",
            "Details</a>",
            "Show all 45 tests",
            "Show all 100 runs",
        ] {
            assert!(page.contains(part), "{filling}: {part}");
        }
    }
}

#[test]
fn a_failure_says_how_much_of_it_is_left_out() {
    let runner = verbose("a word ");
    let page = |all| page(&runner, true, all);
    let (all, page) = (page(true), page(false));
    for part in [
        "cause 4",
        "and 11 more",
        "and 190 more",
        "80 earlier lines",
        "line 80",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["cause 5", "line 79"] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains('…') && !all.contains('…') && !all.contains("all is here"));
    for (part, times) in [("cause 15", 45), ("line 0 ", 45), ("/orders", 9_000)] {
        assert_eq!(all.matches(part).count(), times, "{part}");
    }
}

#[test]
fn all_is_shown_to_whoever_wants_all() {
    let page = page(&busy(), true, true);
    assert_eq!(page.matches("data-test=").count(), TESTS);
    assert!(page.contains("line 0\n") && !page.contains("earlier lines"));
}

#[test]
fn a_stranger_is_shown_one_run_without_its_details() {
    let page = page(&busy(), false, true);
    assert_eq!(page.matches("data-test=").count(), 40);
    assert!(page.contains("160 more are not shown."));
    for hidden in [
        "Show all",
        "answered 500",
        "gave no connection",
        "ERROR",
        "4f2a91c",
        "shop-1",
        "<svg",
        "can be changed by",
        "data-events",
    ] {
        assert!(!page.contains(hidden), "{hidden}");
    }
}

#[test]
fn the_other_verdict_s_word_stands_nowhere() {
    let runner = Runner::new(Registry::new().test(Test::new("shop::opens", async || {})));
    let none = page(&runner, true, false);
    assert!(none.contains("no run yet") && !none.contains("PASS"));
    let report = Arc::new(Report::new("1").with_tests([TestReport::new(
        "shop::FAIL",
        "shop",
        Kind::Unit,
        Outcome::Passed,
        Duration::ZERO,
    )]));
    let begun = Begun {
        run: "1".into(),
        selection: "fast".to_owned(),
        asked_by: "FAIL".to_owned(),
        started: SystemTime::now(),
        is_public: true,
        is_whole: true,
    };
    runner.history().begin(begun).end(&report);
    for is_trusted in [true, false] {
        let page = page(&runner, is_trusted, false);
        assert!(page.contains("PASS") && !page.contains("FAIL"), "{page}");
    }
}

/// Notes a run of these tests, with their outcomes.
fn ran(runner: &Runner, run: &str, is_whole: bool, outcomes: &[(&str, Outcome)]) {
    let test = |(name, outcome): &(&str, Outcome)| {
        TestReport::new(
            *name,
            "shop",
            Kind::Unit,
            *outcome,
            Duration::from_millis(1),
        )
    };
    let report = Arc::new(Report::new(run).with_tests(outcomes.iter().map(test)));
    let begun = Begun {
        run: run.into(),
        selection: "fast".to_owned(),
        asked_by: "a test".to_owned(),
        started: SystemTime::now(),
        is_public: is_whole,
        is_whole,
    };
    runner.history().begin(begun).end(&report);
}

fn verdict(runner: &Runner, is_trusted: bool) -> Verdict {
    render(&looked_at(runner, is_trusted, false)).1
}

fn two_tests() -> Registry {
    let test = |name| Test::new(name, async || {});
    Registry::new().test(test("shop::a")).test(test("shop::b"))
}

#[test]
fn the_pass_of_a_choice_is_not_the_page_s() {
    use Outcome::{Failed, Passed};
    let runner = Runner::new(two_tests());
    ran(&runner, "1", false, &[("shop::a", Passed)]);
    assert_eq!(
        verdict(&runner, true),
        Verdict::Fail,
        "nothing is known of the others"
    );
    ran(
        &runner,
        "2",
        true,
        &[("shop::a", Passed), ("shop::b", Failed)],
    );
    ran(&runner, "3", false, &[("shop::a", Passed)]);
    assert_eq!(verdict(&runner, true), Verdict::Fail);
    ran(
        &runner,
        "4",
        true,
        &[("shop::a", Passed), ("shop::b", Passed)],
    );
    assert_eq!(verdict(&runner, true), Verdict::Pass);
    ran(&runner, "5", false, &[("shop::b", Failed)]);
    assert_eq!(verdict(&runner, true), Verdict::Fail, "it failed since");
}

#[test]
fn a_pass_that_is_old_is_none_where_nothing_runs_or_a_schedule_says_otherwise() {
    let pass = &[("shop::a", Outcome::Passed), ("shop::b", Outcome::Passed)][..];
    let paused = Runner::new(two_tests());
    let scheduled = Runner::new(two_tests().usual_schedules());
    for runner in [&paused, &scheduled] {
        ran(runner, "1", true, pass);
    }
    assert_eq!(verdict(&paused, true), Verdict::Pass);
    paused.pause();
    for is_trusted in [true, false] {
        assert_eq!(verdict(&paused, is_trusted), Verdict::Fail);
        // No scheduled run has ended.
        assert_eq!(verdict(&scheduled, is_trusted), Verdict::Fail);
    }
}

#[test]
fn an_operator_sees_which_tests_are_down_and_when_the_schedules_run() {
    let period = Duration::from_secs(600);
    let registry = Registry::new()
        .test(Test::new("shop::disk", async || {}).instance())
        .test(Test::new("shop::database", async || {}))
        .schedule(Schedule::every(period).instance())
        .schedule(Schedule::every(period).shared());
    let runner = Runner::new(registry);
    let ago = Duration::from_secs(150);
    let began = Instant::now().checked_sub(ago).unwrap();
    for (schedule, name, scope) in [
        (0, "shop::disk", Scope::Instance),
        (1, "shop::database", Scope::Shared),
    ] {
        let failed = Outcome::Failed;
        let mut test = TestReport::new(name, "shop", Kind::Unit, failed, Duration::ZERO);
        test.scope = scope;
        let ran = Ran {
            schedule,
            began,
            report: &Report::new("1").with_tests([test]),
            reason: None,
        };
        runner.watch().learn(&ran, began);
    }
    runner.watch().plan(0, Some(Instant::now() + ago));
    let trusted = page(&runner, true, false);
    for part in [
        "down: <bdi>shop::<wbr>disk</bdi> for 2 min",
        "degraded: <bdi>shop::<wbr>database</bdi> for 2 min",
        "every 10 min",
        "2 min ago, next in 2 min<",
        "2 min ago<",
    ] {
        assert!(trusted.contains(part), "{part}: {trusted}");
    }
    let ready =
        "<li class=\"failed\"><span class=\"state\">fail</span><a class=\"name\" href=\"./ready\">";
    let stranger = page(&runner, false, false);
    assert!(
        trusted.contains(ready) && stranger.contains(ready),
        "{stranger}"
    );
    for hidden in ["disk", "database", "down", "degraded", "Schedules", "every"] {
        assert!(!stranger.contains(hidden), "{hidden}: {stranger}");
    }
}
