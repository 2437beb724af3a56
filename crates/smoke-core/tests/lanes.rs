//! The tests of a run follow one another where they are, and none keeps the others.

mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Result, Runner, Selection, Test};
use support::{assert_ended, run};
use tokio::time::timeout;

fn one_at_once() -> Limits {
    Limits::default().tests_at_once(1)
}

#[tokio::test]
async fn tests_that_leave_nothing_to_be_ended_follow_one_another_in_one_task() {
    let tasks = Arc::new(Mutex::new(HashSet::new()));
    let note = {
        let tasks = Arc::clone(&tasks);
        move || {
            let tasks = Arc::clone(&tasks);
            async move {
                tasks.lock().unwrap().insert(tokio::task::id());
            }
        }
    };
    let registry = (0..1000).fold(Registry::new().limits(one_at_once()), |registry, at| {
        registry.test(Test::new(format!("t{at}"), note.clone()))
    });
    let fails = Test::new("a", || async { Err::<(), _>("no") });
    let panics = Test::new("b", async || -> Result { panic!("no") });
    let report = run(registry.test(fails).test(panics)).await;
    let counts = report.counts();
    assert_eq!((counts.passed, counts.errored), (1000, 2));
    assert_eq!(tasks.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn those_behind_a_test_that_stops_its_thread_go_on_without_it() {
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let stops = move || {
        let held = Arc::clone(&held);
        async move {
            let _ = held.lock().unwrap().recv();
        }
    };
    let stops = Test::new("t5", stops).timeout(Duration::from_millis(50));
    let registry = (0..10).filter(|at| *at != 5).fold(
        Registry::new().limits(one_at_once()).test(stops),
        |registry, at| registry.test(Test::new(format!("t{at}"), async || {})),
    );
    let report = run(registry).await;
    assert_eq!(report.counts().passed, 9, "{report:#?}");
    let why = "took longer than its limit of 50ms; it hangs";
    assert_ended(&report.tests[5], Outcome::Errored, why);
    drop(release);
}

#[tokio::test]
async fn a_run_of_many_tests_lets_another_one_have_its_turn() {
    const MANY: usize = 2000;
    let begun = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(None));
    let one_of_many = {
        let (begun, seen) = (Arc::clone(&begun), Arc::clone(&seen));
        move || {
            let (begun, seen) = (Arc::clone(&begun), Arc::clone(&seen));
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                if seen.lock().unwrap().is_none() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        }
    };
    let other = {
        let (begun, seen) = (Arc::clone(&begun), Arc::clone(&seen));
        move || {
            let (begun, seen) = (Arc::clone(&begun), Arc::clone(&seen));
            async move {
                *seen.lock().unwrap() = Some(begun.load(Ordering::SeqCst));
            }
        }
    };
    let registry = (0..MANY).fold(Registry::new().limits(one_at_once()), |registry, at| {
        registry.test(Test::new(format!("many::t{at}"), one_of_many.clone()))
    });
    let runner = Runner::new(registry.test(Test::new("other", other)));
    let many = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::fast().select("many")).await }
    });
    let begins = async {
        while begun.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), begins).await.unwrap();
    let other = runner.run(Selection::fast().select("other")).await;
    assert!(other.verdict().is_pass(), "{other:#?}");
    assert!(many.await.unwrap().verdict().is_pass());
    let seen = seen.lock().unwrap().unwrap();
    assert!(seen < MANY, "it was the last");
}
