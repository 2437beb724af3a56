//! Tests that do not return hold a bounded number of threads, and stop no others.

mod support;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Runner, Selection, Test};
use support::{PATIENCE, assert_ended, eventually, only};

const SOON: Duration = Duration::from_millis(50);

/// The threads of the test with that name; the kernel keeps 15 bytes of a thread's name.
fn threads_of(test: &str) -> usize {
    let name = format!("smoke {test}");
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names
        .filter(|comm| *comm.trim_end() == name[..name.len().min(15)])
        .count()
}

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
async fn a_blocking_test_that_never_returns_holds_one_thread_however_often_it_is_asked_for() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let body = move || {
        let _ = held.lock().unwrap().recv();
    };
    let runner = Runner::new(
        Registry::new()
            .test(Test::new("keeps", body).timeout(SOON))
            .test(Test::new("other", || {}))
            .limits(Limits::default().starts_per_minute(10_000)),
    );
    let first = runner.run(Selection::fast()).await;
    assert_ended(
        &first.tests[0],
        Outcome::Errored,
        "took longer than its limit of 50ms; it hangs",
    );
    assert_ended(&first.tests[1], Outcome::Passed, "");
    for _ in 0..20 {
        let report = runner.run(Selection::fast()).await;
        assert_ended(&report.tests[0], Outcome::Errored, "still hung since 2");
        assert_ended(&report.tests[1], Outcome::Passed, "");
    }
    assert_eq!(threads_of("keeps"), 1);
    release.send(()).unwrap();
    // Once it has returned it is started again, and found to return no more.
    let look = async || only(runner.run(Selection::fast().select("keeps")).await).message;
    let again = eventually(PATIENCE, look, |said| {
        said.as_deref()
            .is_some_and(|said| said.contains("took longer"))
    });
    again.await.unwrap();
    drop(release);
}

#[tokio::test]
async fn tests_that_stop_every_thread_of_the_stage_are_named_and_others_still_run() {
    // Long enough for each to have begun: one that is stopped before that does not hang.
    let stuck = |name: &str| Test::new(name, spin).timeout(Duration::from_secs(1));
    let registry = (0..4).fold(Registry::new(), |registry, at| {
        registry.test(stuck(&format!("stuck::{at}")))
    });
    let runner = Runner::new(registry.test(Test::new("well", async || {})));
    let report = runner.run(Selection::fast().select("stuck")).await;
    assert!(
        report
            .tests
            .iter()
            .all(|test| test.message.as_ref().unwrap().contains("hangs")),
        "{report:#?}"
    );
    let report = runner.run(Selection::fast()).await;
    assert_ended(&report.tests[4], Outcome::Passed, "");
    assert_ended(&report.tests[0], Outcome::Errored, "still hung since");
}

/// How much of the stack a test has to have. Threads have 2 MiB unless they are given more.
const DEEP: usize = 6 * 1024 * 1024;

/// Goes down until that much of the stack is in use. Where there is less the process ends.
#[inline(never)]
fn descend(top: usize) -> usize {
    let here = std::hint::black_box([0_u8; 1024]);
    let at = std::ptr::from_ref(&here).cast::<u8>() as usize;
    if top.saturating_sub(at) >= DEEP {
        return 1;
    }
    let levels = descend(top);
    levels + 1 + usize::from(here[levels % here.len()])
}

fn deep() {
    let top = 0_u8;
    assert!(descend(std::ptr::from_ref(&top) as usize) > 1000);
}

#[tokio::test]
async fn a_test_has_as_much_of_a_stack_as_a_main_thread() {
    let function = async || {
        tokio::task::spawn_blocking(deep).await.unwrap();
    };
    let task = async || {
        tokio::spawn(async { deep() }).await.unwrap();
    };
    let registry = Registry::new()
        .test(Test::new("async", async || deep()))
        .test(Test::new("blocking", deep))
        .test(Test::new("function", function))
        .test(Test::new("task", task));
    let report = Runner::new(registry).run(Selection::fast()).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
}

#[tokio::test]
async fn functions_of_tests_that_never_return_do_not_stop_other_tests() {
    let stuck = async || {
        let _ = tokio::task::spawn_blocking(park).await;
    };
    let fine = async || {
        let _ = tokio::task::spawn_blocking(|| {}).await;
    };
    let limits = Limits::default()
        .starts_per_minute(1000)
        .reuse(Duration::ZERO);
    let registry = Registry::new()
        .test(Test::new("fine", fine).timeout(Duration::from_secs(2)))
        .test(Test::new("stuck", stuck).timeout(Duration::from_millis(5)));
    let runner = Runner::new(registry.limits(limits));
    for _ in 0..70 {
        runner.run(Selection::fast().select("stuck")).await;
    }
    let report = runner.run(Selection::fast().select("fine")).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}
