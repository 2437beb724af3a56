//! The runs that a runner starts by itself.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use smoke_conformance::eventually_blocking;
use smoke_core::{Event, Limits, Outcome, Registry, Runner, Schedule, Selection, Test};
use support::{PATIENCE, eventually};

/// As short as a period may be.
fn often() -> Schedule {
    Schedule::every(Duration::from_millis(100))
}

/// A test that counts its runs.
fn counted() -> (Arc<AtomicUsize>, Test) {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let test = Test::new("shop::opens", move || {
        counting.fetch_add(1, Ordering::SeqCst);
    });
    (count, test)
}

fn panics() {
    panic!("the till fell");
}

fn runs(count: &AtomicUsize) -> usize {
    count.load(Ordering::SeqCst)
}

#[test]
fn a_schedule_needs_no_runtime_of_the_application() {
    let (count, test) = counted();
    let runner = Runner::new(Registry::new().test(test).schedule(often()));
    runner.start();
    eventually_blocking(PATIENCE, || runs(&count), |runs| *runs >= 3).unwrap();
}

#[tokio::test]
async fn nothing_but_start_starts_a_schedule() {
    let (count, test) = counted();
    let runner = Runner::new(Registry::new().test(test).schedule(often()));
    runner.run(Selection::fast()).await;
    // Time for two of them, where something else had started it.
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(runs(&count), 1);
    // A second start is none.
    runner.start();
    runner.start();
    eventually(PATIENCE, async || runs(&count), |runs| *runs >= 3)
        .await
        .unwrap();
}

#[tokio::test]
async fn several_schedules_run_side_by_side_each_with_its_tests() {
    let (shared, test) = counted();
    let instance = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&instance);
    let disk = Test::new("shop::disk", move || {
        counting.fetch_add(1, Ordering::SeqCst);
    });
    let registry = Registry::new()
        .test(test)
        .test(disk.instance())
        .schedule(often().instance())
        .schedule(Schedule::every(Duration::from_secs(3600)).shared());
    let runner = Runner::new(registry);
    runner.start();
    let look = async || (runs(&shared), runs(&instance));
    eventually(PATIENCE, look, |(shared, instance)| {
        *shared == 1 && *instance >= 5
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_test_on_request_is_on_no_schedule_unless_it_says_so() {
    let (requested, on_request) = counted();
    let (scheduled, again) = counted();
    let (count, test) = counted();
    let registry = Registry::new()
        .test(test)
        .test(on_request.named("shop::reports").on_request())
        .test(again.named("shop::mails").on_request().scheduled())
        .schedule(often().slow());
    let runner = Runner::new(registry);
    runner.start();
    let look = async || (runs(&count), runs(&scheduled));
    eventually(PATIENCE, look, |(one, other)| *one >= 3 && *other >= 3)
        .await
        .unwrap();
    assert_eq!(runs(&requested), 0);
    let report = runner.run(Selection::fast()).await;
    assert_eq!((report.counts().passed, runs(&requested)), (3, 1));
}

#[tokio::test]
async fn a_schedule_goes_on_whatever_its_tests_do() {
    let (count, test) = counted();
    let limits = Limits::default().test(Duration::from_millis(50));
    let registry = Registry::new()
        .test(test)
        .test(Test::new("shop::panics", panics))
        .test(Test::new("shop::never_ends", async || {
            std::future::pending::<()>().await
        }))
        .limits(limits)
        .schedule(often());
    let runner = Runner::new(registry);
    runner.start();
    eventually(PATIENCE, async || runs(&count), |runs| *runs >= 4)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_schedule_ends_with_its_runner() {
    let (count, test) = counted();
    let runner = Runner::new(Registry::new().test(test).schedule(often()));
    runner.start();
    eventually(PATIENCE, async || runs(&count), |runs| *runs >= 2)
        .await
        .unwrap();
    runner.shutdown().await;
    let before = runs(&count);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(runs(&count), before);
}

#[tokio::test]
async fn a_schedule_is_never_busy_and_its_runs_are_nobodys_budget() {
    let (count, test) = counted();
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let hangs = Test::new("shop::hangs", move || {
        let _ = held.lock().unwrap().recv();
    });
    let limits = Limits::default()
        .runs_at_once(1)
        .runs_waiting(0)
        .starts_per_minute(1);
    let registry = Registry::new()
        .test(test)
        .test(hangs.slow())
        .limits(limits)
        .schedule(often());
    let runner = Runner::new(registry);
    let mut events = runner.events();
    let hanging = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::slow().select("shop::hangs")).await }
    });
    support::until(&mut events, support::is_start_of_a_test).await;
    let told = runner.run(Selection::fast()).await;
    assert!(told.reasons[0].starts_with("busy"), "{told:?}");
    runner.start();
    eventually(PATIENCE, async || runs(&count), |runs| *runs >= 5)
        .await
        .unwrap();
    drop(release);
    hanging.await.unwrap();
}

#[tokio::test]
async fn a_test_that_the_run_had_no_time_for_is_marked() {
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let hangs = Test::new("shop::a_hangs", move || {
        let _ = held.lock().unwrap().recv();
    });
    let limits = Limits::default()
        .tests_at_once(1)
        .run(Duration::from_secs(1));
    let registry = Registry::new()
        .test(hangs.timeout(Duration::from_secs(60)))
        .test(Test::new("shop::b_waits", || {}))
        .test(Test::new("shop::c_is_skipped", || {}).skip("no printer"));
    let report = Runner::new(registry.limits(limits))
        .run(Selection::fast())
        .await;
    drop(release);
    let starved = report.tests.iter().map(|test| (test.outcome, test.starved));
    assert_eq!(
        starved.collect::<Vec<_>>(),
        [
            (Outcome::Errored, true),
            (Outcome::Errored, true),
            (Outcome::Skipped, false)
        ],
        "{report:#?}"
    );
}

#[tokio::test]
async fn scheduled_runs_are_events_as_others_are() {
    let (_, test) = counted();
    let runner = Runner::new(Registry::new().test(test).schedule(often().shared()));
    let mut events = runner.events();
    runner.start();
    let started = support::until(&mut events, |event| {
        matches!(event, Event::RunStarted { .. })
    })
    .await;
    let Event::RunStarted { selection, .. } = started else {
        panic!("{started:?}");
    };
    assert_eq!(selection.to_string(), "fast scope=shared");
}
