//! What a test may do to its host, and what it may not.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod support;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::{Duration, Instant};

use smoke_conformance::eventually_blocking;
use smoke_core::{
    Answer, Ask, Event, Limits, Outcome, Provided, Registry, Report, Result, Runner, Selection,
    Suite, Test,
};
use support::{PATIENCE, assert_ended, eventually, is_start_of_a_test, run_one, until};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio::task::JoinHandle;

const SOON: Duration = Duration::from_millis(50);

/// Stops a thread of the stage for ever.
async fn spin() {
    loop {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Stops its own thread for ever.
fn park() {
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn a_test_past_its_limit_is_errored() {
    let test =
        run_one(Test::new("a", async || std::future::pending::<()>().await).timeout(SOON)).await;
    assert_ended(
        &test,
        Outcome::Errored,
        "took longer than its limit of 50ms",
    );
    assert!(!test.message.unwrap().contains("hangs"));
}

/// Tries it again where it took longer: a machine that is busy may have been what kept it.
async fn within(limit: Duration, attempt: impl AsyncFn() -> Duration) {
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        shortest = shortest.min(attempt().await);
        if shortest < limit {
            return;
        }
    }
    panic!("it took {shortest:?} at least");
}

#[tokio::test]
async fn a_run_is_answered_before_its_limit_whatever_its_tests_do() {
    let limits = Limits::default()
        .run(Duration::from_secs(2))
        .tests_at_once(1);
    let endless = |name: &str| Test::new(name, async || std::future::pending::<()>().await);
    let runner = Runner::new(
        Registry::new()
            .limits(limits)
            .test(endless("a"))
            .test(endless("b")),
    );
    within(Duration::from_secs(2), async || {
        let asked = Instant::now();
        let report = runner.run(Selection::fast()).await;
        let took = asked.elapsed();
        assert_ended(
            &report.tests[0],
            Outcome::Errored,
            "the run's limit of 2s was near",
        );
        assert_ended(
            &report.tests[1],
            Outcome::Errored,
            "not run: the run's limit of 2s was near",
        );
        took
    })
    .await;
}

/// A registry of one test that does not end before it may, with one run at once; the fast runs have
/// a limit of a second.
fn held() -> (Registry, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let limits = Limits::default()
        .run(Duration::from_secs(1))
        .runs_at_once(1);
    let body = async |gate: Provided<Arc<Semaphore>>| drop(gate.acquire().await);
    let registry = Registry::new()
        .provide(Arc::clone(&gate))
        .limits(limits.starts_per_minute(1000))
        .test(Test::new("held", body));
    (registry, gate)
}

fn ask(runner: &Runner, ask: Ask) -> JoinHandle<Answer> {
    let runner = runner.clone();
    tokio::spawn(async move { runner.ask(ask).await })
}

async fn finished(events: &mut broadcast::Receiver<Event>) -> Arc<Report> {
    match until(events, |event| matches!(event, Event::RunFinished { .. })).await {
        Event::RunFinished { report, .. } => report,
        other => panic!("{other:?}"),
    }
}

/// What is found by a run of an endless test that waited for its place; none where it waited for
/// too long, on a machine that is busy.
async fn run_after_a_wait() -> Option<Arc<Report>> {
    let (registry, gate) = held();
    let endless = async || std::future::pending::<()>().await;
    let runner = Runner::new(registry.test(Test::new("endless", endless)));
    let mut events = runner.events();
    let first = Ask::new(Selection::slow().select("held"));
    let first = ask(&runner, first.fresh());
    until(&mut events, is_start_of_a_test).await;
    let second = Ask::new(Selection::fast().select("endless"));
    let second = ask(&runner, second);
    tokio::time::sleep(Duration::from_millis(200)).await;
    gate.close();
    assert!(first.await.unwrap().report.verdict().is_pass());
    let answer = second.await.unwrap().report;
    if matches!(&answer.reasons[..], [reason] if reason.contains("did not end in time")) {
        return None;
    }
    loop {
        let report = finished(&mut events).await;
        // Where the run took longer than could be waited for, its report is the same.
        if report.run == answer.run {
            return Some(report);
        }
    }
}

#[tokio::test]
async fn a_run_that_waited_for_its_place_has_its_whole_time() {
    for _ in 0..20 {
        if let Some(report) = run_after_a_wait().await {
            assert_ended(&report.tests[0], Outcome::Errored, "the run's limit of 1s");
            // Tests are stopped 600 ms before the limit of their run.
            let time = report.duration;
            return assert!(time >= Duration::from_millis(400), "{time:?}");
        }
    }
    panic!("in twenty attempts the run did not begin");
}

#[tokio::test]
async fn who_asks_in_vain_is_told_busy_and_the_run_is_not_begun_for_nobody() {
    let (registry, gate) = held();
    let runner = Runner::new(registry);
    let mut events = runner.events();
    let first = ask(&runner, Ask::new(Selection::slow()).fresh());
    until(&mut events, is_start_of_a_test).await;
    let (one, other) = tokio::join!(
        ask(&runner, Ask::new(Selection::fast())),
        ask(&runner, Ask::new(Selection::fast()))
    );
    for answer in [one.unwrap(), other.unwrap()] {
        let reason = &answer.report.reasons[0];
        assert!(reason.starts_with("busy: the runs before"), "{reason}");
        assert_eq!(answer.retry_after, Some(Duration::from_millis(500)));
    }
    // The last of them may have been told a moment before the run was given up.
    let shown = async || format!("{runner:?}");
    let given_up = eventually(PATIENCE, shown, |shown| shown.contains("runs: 1,"));
    given_up.await.unwrap();
    gate.close();
    assert!(first.await.unwrap().report.verdict().is_pass());
    finished(&mut events).await;
    runner.shutdown().await;
    let late = std::iter::from_fn(|| events.try_recv().ok());
    assert_eq!(late.count(), 0, "the run that nobody waits for was begun");
}

/// Waits for a future without any runtime.
fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let (mut cx, mut future) = (Context::from_waker(&waker), pin!(future));
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn who_asks_needs_no_runtime_also_where_the_run_has_to_wait() {
    let (registry, gate) = held();
    let runner = Runner::new(registry);
    let ask = |selection: Selection, runs: &str| {
        let asking = runner.clone();
        let asking = std::thread::spawn(move || wait(asking.ask(Ask::new(selection))));
        let look = || (format!("{runner:?}"), asking.is_finished());
        let begun = |(shown, ended): &(String, bool)| *ended || shown.contains(runs);
        let (shown, _) = eventually_blocking(PATIENCE, look, begun).unwrap();
        assert!(shown.contains(runs), "{shown}");
        asking
    };
    let first = ask(Selection::slow(), "runs: 1,");
    let second = ask(Selection::fast(), "runs: 2,");
    gate.close();
    eventually_blocking(PATIENCE, || first.is_finished(), |ended| *ended).unwrap();
    eventually_blocking(PATIENCE, || second.is_finished(), |ended| *ended).unwrap();
    assert!(first.join().unwrap().report.verdict().is_pass());
    let second = second.join().unwrap().report;
    // It may have waited for too long, on a machine that is busy.
    let busy = |reason: &String| reason.starts_with("busy");
    assert!(
        second.verdict().is_pass() || second.reasons.iter().any(busy),
        "{second:?}"
    );
}

#[tokio::test]
async fn equal_requests_share_a_report_where_no_run_may_start() {
    let limits = Limits::default().starts_per_minute(1).reuse(Duration::ZERO);
    let runner = Runner::new(Registry::new().test(Test::new("a", || {})).limits(limits));
    let first = runner.ask(Ask::new(Selection::fast())).await;
    assert!(first.report.verdict().is_pass());
    for _ in 0..200 {
        let answer = runner.ask(Ask::new(Selection::fast())).await;
        assert_eq!(answer.report.run, first.report.run);
        assert_eq!(answer.started, first.started);
        assert!(answer.age > Duration::ZERO);
    }
    // Of the others nobody is given what he did not ask for.
    let fresh = runner.ask(Ask::new(Selection::fast()).fresh()).await;
    let slow = runner.ask(Ask::new(Selection::slow())).await;
    for answer in [fresh, slow] {
        assert!(answer.report.reasons[0].starts_with("busy"));
    }
}

#[tokio::test]
async fn no_more_tests_run_at_once_than_the_limit() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let registry = (0..12).fold(Registry::new(), |registry, at| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        registry.test(Test::new(format!("t{at}"), move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
        }))
    });
    let runner = Runner::new(registry.limits(Limits::default().tests_at_once(3)));
    let (one, other) = tokio::join!(runner.run(Selection::fast()), runner.run(Selection::slow()));
    assert!(one.verdict().is_pass() && other.verdict().is_pass());
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn tests_of_a_serial_group_never_meet() {
    let inside = Arc::new(AtomicUsize::new(0));
    let registry = (0..6).fold(Registry::new(), |registry, at| {
        let inside = Arc::clone(&inside);
        let body = move || {
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            std::thread::sleep(Duration::from_millis(5));
            inside.fetch_sub(1, Ordering::SeqCst);
        };
        registry.test(Test::new(format!("t{at}"), body).serial())
    });
    let runner = Runner::new(registry);
    let (one, other) = tokio::join!(runner.run(Selection::fast()), runner.run(Selection::slow()));
    assert!(
        one.verdict().is_pass() && other.verdict().is_pass(),
        "{one:#?}"
    );
}

/// A test that waits, and counts how often it was started.
fn waiting() -> (Registry, Arc<Notify>, Arc<AtomicUsize>) {
    let (go, started) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let body = async |go: Provided<Arc<Notify>>, started: Provided<Arc<AtomicUsize>>| {
        started.fetch_add(1, Ordering::SeqCst);
        go.notified().await;
    };
    let registry = (0..40).fold(Registry::new(), |registry, at| {
        registry.test(Test::new(format!("t{at:02}"), body))
    });
    (
        registry
            .provide(Arc::clone(&go))
            .provide(Arc::clone(&started))
            .limits(Limits::default().reuse(Duration::from_secs(60))),
        go,
        started,
    )
}

/// Waits until that many tests have begun.
async fn has_begun(started: &AtomicUsize, tests: usize) {
    let look = async || started.load(Ordering::SeqCst);
    let begun = eventually(PATIENCE, look, |started| *started >= tests);
    begun.await.unwrap();
}

#[tokio::test]
async fn two_hundred_equal_requests_make_one_run_and_a_late_one_reuses_it() {
    let (registry, go, started) = waiting();
    let runner = Runner::new(registry);
    let asking: Vec<_> = (0..200)
        .map(|_| {
            let runner = runner.clone();
            tokio::spawn(async move { runner.ask(Ask::new(Selection::fast().select("t00"))).await })
        })
        .collect();
    has_begun(&started, 1).await;
    go.notify_one();
    let mut runs = std::collections::BTreeSet::new();
    for asked in asking {
        let answer = asked.await.unwrap();
        assert!(answer.report.verdict().is_pass());
        runs.insert(answer.report.run.clone());
    }
    let late = runner.ask(Ask::new(Selection::fast().select("t00"))).await;
    runs.insert(late.report.run.clone());
    assert_eq!((runs.len(), started.load(Ordering::SeqCst)), (1, 1));
    go.notify_one();
    let fresh = runner
        .ask(Ask::new(Selection::fast().select("t00")).fresh())
        .await;
    assert_ne!(fresh.report.run, late.report.run);
}

#[tokio::test]
async fn two_hundred_different_selections_start_no_more_runs_than_the_limits_allow() {
    let (registry, go, started) = waiting();
    let runner = Runner::new(registry.limits(Limits::default().starts_per_minute(1000)));
    let asking: Vec<_> = (0..200)
        .map(|at| {
            let (runner, at) = (runner.clone(), at % 40);
            let selection = Selection::slow().select(format!("t{at:02}")).select("t00");
            tokio::spawn(async move { runner.ask(Ask::new(selection).fresh()).await })
        })
        .collect();
    has_begun(&started, 2).await;
    let releasing = tokio::spawn(async move {
        loop {
            go.notify_waiters();
            tokio::task::yield_now().await;
        }
    });
    let mut busy = 0;
    for asked in asking {
        let answer = asked.await.unwrap();
        if let [reason] = &answer.report.reasons[..] {
            assert!(reason.starts_with("busy"), "{reason}");
            assert!(
                answer
                    .retry_after
                    .is_some_and(|after| after > Duration::ZERO)
            );
            busy += 1;
        }
    }
    releasing.abort();
    assert!(busy >= 190, "{busy} of 200 were told to come later");
}

#[tokio::test]
async fn runs_start_no_more_often_than_the_limit_says() {
    let limits = Limits::default().starts_per_minute(3);
    let runner = Runner::new(Registry::new().test(Test::new("a", || {})).limits(limits));
    for _ in 0..2 {
        assert!(runner.run(Selection::fast()).await.verdict().is_pass());
    }
    // The third is left to whoever asks for something else.
    let fast = runner.ask(Ask::new(Selection::fast()).fresh()).await;
    assert!(fast.report.reasons[0].starts_with("busy"));
    assert!(runner.run(Selection::slow()).await.verdict().is_pass());
    let answer = runner.ask(Ask::new(Selection::slow().select("a"))).await;
    assert!(answer.report.reasons[0].starts_with("busy"));
    assert!(
        answer
            .retry_after
            .is_some_and(|after| after > Duration::from_secs(50))
    );
}

#[tokio::test]
async fn a_run_whose_asker_goes_away_ends_and_is_reused() {
    let (registry, go, started) = waiting();
    let runner = Runner::new(registry);
    let select = || Selection::fast().select("t01");
    let asker = tokio::spawn({
        let runner = runner.clone();
        async move { runner.ask(Ask::new(select())).await }
    });
    has_begun(&started, 1).await;
    asker.abort();
    go.notify_one();
    assert!(
        runner
            .ask(Ask::new(select()))
            .await
            .report
            .verdict()
            .is_pass()
    );
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn shutdown_is_done_in_two_seconds_whatever_hangs() {
    within(Duration::from_secs(2), async || {
        let endless = async || std::future::pending::<()>().await;
        let registry = Registry::new()
            .test(Test::new("a", park))
            .test(Test::new("b", spin))
            .test(Test::new("c", endless));
        let runner = Runner::new(registry);
        let mut events = runner.events();
        let run = tokio::spawn({
            let runner = runner.clone();
            async move { runner.run(Selection::fast()).await }
        });
        for _ in 0..4 {
            until(&mut events, |_| true).await;
        }
        let asked = Instant::now();
        runner.shutdown().await;
        let took = asked.elapsed();
        let report = run.await.unwrap();
        assert!(!report.verdict().is_pass());
        took
    })
    .await;
}

#[tokio::test]
async fn fail_fast_starts_nothing_after_the_first_that_does_not_pass() {
    let registry = Registry::new()
        .test(Test::new("a", || -> Result { Err("first".into()) }))
        .test(Test::new("b", || {}))
        .limits(Limits::default().tests_at_once(1));
    let report = Runner::new(registry)
        .run(Selection::fast().fail_fast())
        .await;
    assert_ended(&report.tests[0], Outcome::Errored, "first");
    assert_ended(
        &report.tests[1],
        Outcome::Skipped,
        "another test did not pass",
    );
}

#[tokio::test]
async fn fail_fast_stops_at_a_test_that_could_not_be_started() {
    let suite = Suite::new("a").set_up(|| -> Result { Err("no till".into()) });
    let registry = Registry::new()
        .suite(suite)
        .test(Test::new("a::a", || {}))
        .test(Test::new("b", async || {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }))
        .test(Test::new("c", || {}))
        .limits(Limits::default().tests_at_once(1));
    let report = Runner::new(registry)
        .run(Selection::fast().fail_fast())
        .await;
    assert_ended(&report.tests[0], Outcome::Errored, "no till");
    assert_ended(
        &report.tests[2],
        Outcome::Skipped,
        "another test did not pass",
    );
}

#[tokio::test]
async fn events_say_what_happens_and_the_report_is_built_from_them() {
    let runner = Runner::new(Registry::new().test(Test::new("a", || {})));
    let mut events = runner.events();
    let report = runner.run(Selection::fast()).await;
    let mut said = Vec::new();
    while let Ok(event) = events.try_recv() {
        said.push(match event {
            Event::RunStarted {
                tests, selection, ..
            } => format!("run of {tests} ({selection})"),
            Event::TestStarted { test, .. } => format!("{test} started"),
            Event::TestFinished { test, .. } => format!("{} {}", test.name, test.outcome),
            Event::RunFinished { report: last, .. } => {
                assert_eq!(*last, report);
                "the end".to_owned()
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        said,
        ["run of 1 (fast)", "a started", "a passed", "the end"]
    );
}

#[tokio::test]
async fn nothing_is_started_after_a_shutdown_and_all_who_ask_for_one_wait_for_it() {
    let started = Arc::new(AtomicUsize::new(0));
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ended = Arc::new(std::sync::Mutex::new(ended));
    let registry = (0..20).fold(Registry::new(), |registry, at| {
        let (started, ended) = (Arc::clone(&started), Arc::clone(&ended));
        registry.test(Test::new(format!("t{at:02}"), move || {
            started.fetch_add(1, Ordering::SeqCst);
            let _ = ended.lock().unwrap().recv();
        }))
    });
    let runner = Runner::new(registry.limits(Limits::default().tests_at_once(1)));
    let running = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::fast()).await }
    });
    has_begun(&started, 1).await;
    // The first test ends once both have asked: another one could be started then.
    let asked = async { drop(end) };
    futures_util::future::join3(runner.shutdown(), runner.shutdown(), asked).await;
    assert!(!running.await.unwrap().verdict().is_pass());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_message_is_cut_and_secrets_in_it_are_not_shown() {
    let body = || -> Result {
        Err(format!("postgres://app:hunter2@db/app {}", "x".repeat(1 << 20)).into())
    };
    let test = run_one(Test::new("a", body)).await;
    let message = test.message.unwrap();
    assert!(
        message.starts_with("postgres://app:***@db/app xxx"),
        "{}",
        &message[..60]
    );
    assert!(
        message.len() < 9 * 1024 && message.ends_with("(more than 32768 bytes in all)"),
        "{}",
        &message[message.len() - 60..]
    );
}

#[tokio::test]
async fn a_check_of_a_fixture_runs_once_and_may_panic() {
    #[derive(Clone)]
    struct Picky;
    static CHECKS: AtomicUsize = AtomicUsize::new(0);
    impl smoke_core::Fixture for Picky {
        const KIND: smoke_core::Kind = smoke_core::Kind::Unit;
        fn check(_: &smoke_core::Providers<'_>) -> Result {
            CHECKS.fetch_add(1, Ordering::SeqCst);
            panic!("no way")
        }
        async fn acquire(_: &smoke_core::Context) -> Result<Self> {
            Ok(Self)
        }
    }
    let runner = Runner::new(
        Registry::new()
            .test(Test::new("a", |_: Picky| {}))
            .test(Test::new("b", || {})),
    );
    for _ in 0..2 {
        let report = runner.run(Selection::fast()).await;
        assert_ended(
            &report.tests[0],
            Outcome::Errored,
            "the check of a fixture panicked: no way",
        );
        assert_ended(&report.tests[1], Outcome::Passed, "");
    }
    assert_eq!(CHECKS.load(Ordering::SeqCst), 1);
}
