//! Simulated time: each run is told of with the moment at which it began.

use std::time::Duration;

use smoke_report::{Kind, Outcome, Report, Scope, TestReport, Verdict};

use super::*;

const PERIOD: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(20);

/// A watch at a moment of its own making.
struct Bench {
    watch: Watch,
    start: Instant,
    now: Instant,
}

fn plan(period: Duration) -> Plan {
    Plan {
        selection: "fast".to_owned(),
        period,
        limit: LIMIT,
    }
}

impl Bench {
    fn of(plans: Vec<Plan>, hold: bool) -> Self {
        let watch = Watch::new(plans, Thresholds::default(), hold);
        let start = Instant::now();
        watch.start(start);
        Self {
            watch,
            start,
            now: start,
        }
    }

    fn new() -> Self {
        Self::of(vec![plan(PERIOD)], false)
    }

    fn after(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// A run of a schedule that took a second.
    fn ran_of(&mut self, schedule: usize, tests: &[TestReport]) -> &mut Self {
        let report = Report::new("run").with_tests(tests.to_vec());
        let ran = Ran {
            schedule,
            began: self.now,
            report: &report,
            reason: None,
        };
        self.now += Duration::from_secs(1);
        self.watch.learn(&ran, self.now);
        self
    }

    /// A run of the first schedule, a period after the one before.
    fn ran(&mut self, tests: &[TestReport]) -> &mut Self {
        self.after(29).ran_of(0, tests)
    }

    fn said(&self, probe: Probe) -> (Verdict, Option<Reason>) {
        let Judgement { verdict, reason } = self.watch.judge(probe, false, self.now);
        (verdict, reason)
    }

    fn ready(&self) -> (Verdict, Option<Reason>) {
        self.said(Probe::Ready)
    }
}

fn test(name: &str, scope: Scope, outcome: Outcome) -> TestReport {
    TestReport::new(name, "shop", Kind::Unit, outcome, Duration::ZERO).with_scope(scope)
}

fn disk(outcome: Outcome) -> [TestReport; 2] {
    [
        test("shop::disk", Scope::Instance, outcome),
        test("shop::database", Scope::Shared, Outcome::Passed),
    ]
}

fn database(outcome: Outcome) -> [TestReport; 2] {
    [
        test("shop::disk", Scope::Instance, Outcome::Passed),
        test("shop::database", Scope::Shared, outcome),
    ]
}

const PASS: (Verdict, Option<Reason>) = (Verdict::Pass, None);

fn pass(reason: Reason) -> (Verdict, Option<Reason>) {
    (Verdict::Pass, Some(reason))
}

fn fail(reason: Reason) -> (Verdict, Option<Reason>) {
    (Verdict::Fail, Some(reason))
}

#[test]
fn an_instance_starts_until_its_first_scheduled_run_has_ended_whatever_its_verdict() {
    let mut bench = Bench::new();
    assert_eq!(bench.said(Probe::Startup), fail(Reason::Starting));
    assert_eq!(bench.ready(), fail(Reason::Starting));
    assert_eq!(bench.said(Probe::Status), fail(Reason::Unknown));
    assert_eq!(bench.said(Probe::Live), PASS);
    bench.after(3).ran_of(0, &database(Outcome::Failed));
    assert_eq!(bench.said(Probe::Startup), PASS);
    assert_eq!(bench.ready(), pass(Reason::Degraded));
    assert_eq!(bench.said(Probe::Status), (Verdict::Fail, None));
}

#[test]
fn nobody_waits_longer_for_the_first_run_than_it_may_take() {
    let mut bench = Bench::new();
    assert_eq!(bench.after(19).said(Probe::Startup), fail(Reason::Starting));
    assert_eq!(bench.after(1).said(Probe::Startup), PASS);
    assert_eq!(bench.ready(), PASS);
    assert_eq!(bench.said(Probe::Status), fail(Reason::Unknown));
}

#[test]
fn a_start_that_comes_late_does_not_take_traffic_away() {
    let mut bench = Bench::new();
    bench.watch.started.store(false, Ordering::SeqCst);
    assert_eq!(bench.after(20).said(Probe::Startup), PASS);
    assert!(bench.watch.start(bench.now));
    assert_eq!(bench.said(Probe::Startup), PASS);
    // Nor does a second one begin anything.
    assert!(!bench.watch.start(bench.now));
}

#[test]
fn without_a_schedule_traffic_comes_at_once_and_nothing_is_known() {
    let bench = Bench::of(Vec::new(), true);
    assert_eq!(bench.said(Probe::Startup), PASS);
    assert_eq!(bench.ready(), PASS);
    assert_eq!(bench.said(Probe::Status), fail(Reason::Unknown));
}

#[test]
fn what_all_replicas_share_takes_nobody_out() {
    let mut bench = Bench::new();
    bench.ran(&database(Outcome::Passed));
    for _ in 0..2 {
        bench.ran(&database(Outcome::Errored));
        assert_eq!(bench.ready(), PASS);
    }
    for _ in 0..20 {
        bench.ran(&database(Outcome::Errored));
        assert_eq!(bench.ready(), pass(Reason::Degraded));
        assert_eq!(bench.said(Probe::Status), (Verdict::Fail, None));
    }
    bench.ran(&database(Outcome::Passed));
    assert_eq!(bench.ready(), pass(Reason::Degraded));
    bench.ran(&database(Outcome::Passed));
    assert_eq!((bench.ready(), bench.said(Probe::Status)), (PASS, PASS));
}

#[test]
fn an_instance_leaves_after_three_failures_and_is_back_after_two_passes() {
    let mut bench = Bench::new();
    bench.ran(&disk(Outcome::Passed));
    for _ in 0..2 {
        assert_eq!(bench.ran(&disk(Outcome::Failed)).ready(), PASS);
    }
    assert_eq!(
        bench.ran(&disk(Outcome::Failed)).ready(),
        fail(Reason::Down)
    );
    assert_eq!(
        bench.ran(&disk(Outcome::Passed)).ready(),
        fail(Reason::Down)
    );
    assert_eq!(bench.ran(&disk(Outcome::Passed)).ready(), PASS);
}

#[test]
fn an_instance_that_never_worked_does_not_join() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.ran(&disk(Outcome::Failed)).ready(),
        fail(Reason::Down)
    );
    assert_eq!(bench.ran(&disk(Outcome::Passed)).ready(), PASS);
}

#[test]
fn a_test_that_got_no_time_says_nothing_of_the_instance() {
    let mut bench = Bench::new();
    let mut starved = disk(Outcome::Errored);
    starved[0].starved = true;
    for _ in 0..5 {
        assert_eq!(bench.ran(&starved).ready(), PASS);
    }
    assert_eq!(bench.ran(&disk(Outcome::Skipped)).ready(), PASS);
}

#[test]
fn what_is_stale_takes_nobody_out_and_is_no_status() {
    let mut bench = Bench::new();
    bench.ran(&disk(Outcome::Failed));
    // The run began a second ago, and says something for three periods and its limit.
    assert_eq!(bench.after(109).ready(), fail(Reason::Down));
    assert_eq!(bench.after(1).ready(), pass(Reason::Stale));
    let mut bench = Bench::new();
    bench.ran(&disk(Outcome::Passed)).after(109);
    assert_eq!(bench.said(Probe::Status), PASS);
    bench.after(1);
    assert_eq!(bench.said(Probe::Status), fail(Reason::Stale));
    assert_eq!(bench.said(Probe::Live), PASS);
}

#[test]
fn a_schedule_that_never_ran_is_stale_too() {
    let mut bench = Bench::of(vec![plan(PERIOD), plan(Duration::from_secs(300))], true);
    bench.after(3).ran_of(0, &disk(Outcome::Passed));
    assert_eq!(bench.ready(), fail(Reason::Starting));
    bench.after(20);
    assert_eq!(bench.ready(), fail(Reason::Held));
    bench.after(920).ran(&disk(Outcome::Passed));
    assert_eq!(bench.ready(), pass(Reason::Stale));
    assert_eq!(bench.said(Probe::Status), fail(Reason::Stale));
}

#[test]
fn a_dead_scheduler_takes_nobody_out_and_is_no_status() {
    let mut bench = Bench::new();
    bench.ran(&disk(Outcome::Failed));
    bench.watch.died();
    assert_eq!(bench.ready(), pass(Reason::Dead));
    assert_eq!(bench.said(Probe::Status), fail(Reason::Dead));
    assert_eq!(bench.said(Probe::Startup), PASS);
}

#[test]
fn an_instance_is_held_until_each_schedule_has_passed_and_never_again() {
    let mut bench = Bench::of(vec![plan(PERIOD), plan(PERIOD)], true);
    bench.ran_of(0, &disk(Outcome::Passed)[..1]);
    bench.ran_of(1, &database(Outcome::Failed)[1..]);
    assert_eq!(bench.ready(), fail(Reason::Held));
    assert_eq!(bench.said(Probe::Startup), PASS);
    bench.after(28).ran_of(0, &disk(Outcome::Passed)[..1]);
    bench.ran_of(1, &database(Outcome::Passed)[1..]);
    assert_eq!(bench.ready(), PASS);
    for _ in 0..4 {
        bench.after(28).ran_of(0, &disk(Outcome::Passed)[..1]);
        bench.ran_of(1, &database(Outcome::Failed)[1..]);
    }
    assert_eq!(bench.ready(), pass(Reason::Degraded));
}

/// The database is locked, so that each run takes its whole limit, which is many periods.
#[test]
fn a_hold_goes_on_between_runs_that_take_their_whole_limit() {
    let mut bench = Bench::of(vec![plan(Duration::from_secs(1))], true);
    let report = Report::new("run").with_tests(database(Outcome::Errored).to_vec());
    for _ in 0..5 {
        let began = bench.now;
        bench.watch.begin(0, began);
        for _ in 0..20 {
            bench.after(1);
            let starting = bench.now < bench.start + LIMIT;
            let why = if starting {
                Reason::Starting
            } else {
                Reason::Held
            };
            assert_eq!(bench.ready(), fail(why), "{:?}", bench.now - bench.start);
        }
        let ran = Ran {
            schedule: 0,
            began,
            report: &report,
            reason: None,
        };
        bench.watch.learn(&ran, bench.now);
    }
    // What is known is no fresher for it.
    bench.watch.begin(0, bench.now);
    bench.after(3);
    assert_eq!(bench.said(Probe::Status), (Verdict::Fail, None));
    let mut passed = Bench::of(vec![plan(Duration::from_secs(1))], false);
    passed.ran_of(0, &database(Outcome::Passed)).after(21);
    passed.watch.begin(0, passed.now);
    passed.after(2);
    assert_eq!(passed.said(Probe::Status), fail(Reason::Stale));
    // A run that nobody ends holds nothing for ever.
    assert_eq!(bench.after(20).ready(), fail(Reason::Held));
    assert_eq!(bench.after(1).ready(), pass(Reason::Stale));
}

#[test]
fn runs_that_are_switched_off_take_nobody_out_and_are_no_status() {
    let mut bench = Bench::of(vec![plan(PERIOD)], true);
    let off = |bench: &Bench, probe| {
        let said = bench.watch.judge(probe, true, bench.now);
        (said.verdict, said.reason)
    };
    for probe in [Probe::Startup, Probe::Ready] {
        assert_eq!(off(&bench, probe), pass(Reason::Off));
    }
    assert_eq!(off(&bench, Probe::Status), fail(Reason::Off));
    bench.ran(&disk(Outcome::Failed));
    assert_eq!(off(&bench, Probe::Ready), pass(Reason::Off));
    // What was switched off once is not in its beginning again.
    let paused = Bench::new();
    paused.watch.skip_beginning();
    assert_eq!(paused.said(Probe::Startup), PASS);
}

#[test]
fn draining_is_before_everything_else_for_traffic_alone() {
    let mut bench = Bench::new();
    bench.ran(&disk(Outcome::Passed));
    assert!(!bench.watch.is_draining());
    bench.watch.drain(TokioInstant::now());
    assert_eq!(bench.ready(), fail(Reason::Draining));
    let off = bench.watch.judge(Probe::Ready, true, bench.now);
    assert_eq!(off.reason, Some(Reason::Draining));
    assert_eq!(bench.said(Probe::Live), pass(Reason::Draining));
    assert_eq!(bench.said(Probe::Startup), PASS);
    assert_eq!(bench.said(Probe::Status), PASS);
    bench.after(111);
    assert_eq!(bench.said(Probe::Status), fail(Reason::Draining));
}

#[test]
fn a_drain_that_is_asked_for_twice_ends_at_the_earlier_time() {
    let bench = Bench::new();
    let now = TokioInstant::now();
    let until = |seconds| now + Duration::from_secs(seconds);
    for (asked, ends) in [(10, 10), (3, 3), (7, 3)] {
        let end = *bench.watch.drain(until(asked)).borrow();
        assert_eq!(end, Some(until(ends)));
    }
}

#[test]
fn whoever_may_see_it_is_told_everything() {
    let mut bench = Bench::new();
    let broken = disk(Outcome::Failed).map(|test| match test.outcome {
        Outcome::Failed => test.with_message("no space left"),
        _ => test,
    });
    bench.ran(&broken).after(4);
    let standing = bench.watch.standing(Probe::Ready, None, bench.now);
    assert_eq!(standing.probe, "ready");
    let [down] = &standing.down[..] else {
        panic!("{standing:#?}");
    };
    assert_eq!((&*down.test, &*down.cause), ("shop::disk", "no space left"));
    assert_eq!((down.failures, down.since.as_secs()), (1, 4));
    assert!(standing.degraded.is_empty());
    let newest = standing.schedules[0].newest.as_ref().unwrap();
    assert_eq!((newest.verdict, newest.age.as_secs()), (Verdict::Fail, 5));
    let off = bench
        .watch
        .standing(Probe::Status, Some("paused"), bench.now);
    assert_eq!(off.reasons, ["paused"]);
}

#[test]
fn listeners_hear_of_states_that_change_and_not_of_what_first_works() {
    let mut bench = Bench::new();
    let (tell, told) = std::sync::mpsc::channel();
    let listening = bench
        .watch
        .listeners()
        .add(move |change| drop(tell.send(change.to_string())));
    listening.unwrap();
    let hears = |text: &str| {
        let heard = told.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(heard, text);
    };
    bench.ran(&disk(Outcome::Passed));
    for _ in 0..4 {
        bench.ran(&database(Outcome::Failed));
    }
    hears("shop::database (shared) is down, and was up");
    for _ in 0..3 {
        bench.ran(&database(Outcome::Passed));
    }
    hears("shop::database (shared) is up, and was down");
    let new = test("shop::mail", Scope::Shared, Outcome::Failed).with_message("no answer");
    bench.ran(&[new]);
    hears("shop::mail (shared) is down, and was unknown: no answer");
    bench.watch.drain(TokioInstant::now());
    bench.ran(&[test("shop::mail", Scope::Shared, Outcome::Passed)]);
    drop(bench);
    // Nothing more until the watch is gone.
    let ended = std::sync::mpsc::RecvTimeoutError::Disconnected;
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Err(ended));
}

/// Ten minutes of a database that is locked, as five probers on three selections see it.
#[test]
fn a_locked_database_shows_as_degraded_and_takes_nobody_out() {
    let mut bench = Bench::of(vec![plan(PERIOD), plan(PERIOD), plan(PERIOD)], false);
    for minute in 0..20 {
        let outcome = if (4..12).contains(&minute) {
            Outcome::Errored
        } else {
            Outcome::Passed
        };
        for schedule in 0..3 {
            bench.ran_of(schedule, &database(outcome));
        }
        bench.after(27);
        for _ in 0..5 {
            let (verdict, reason) = bench.ready();
            assert_eq!(verdict, Verdict::Pass, "{minute}");
            // One test, and three schedules that ask it: it is down after the first round of all.
            let degraded = (4..12).contains(&minute);
            assert_eq!(reason, degraded.then_some(Reason::Degraded), "{minute}");
        }
    }
    assert_eq!(bench.now - bench.start, Duration::from_secs(600));
}
