//! The limits of the engine, with an engine that waits for less.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::timing::Timing;
use crate::{
    Ask, Context, Fixture, Kind, Limits, Outcome, Provided, Registry, Result, Runner, Selection,
    Test, TestReport,
};

/// The longest that anything here may take.
const LONG: Duration = Duration::from_secs(60);

/// Waits for nothing for longer than that.
const SOON: Duration = Duration::from_millis(30);

fn impatient() -> Registry {
    with(Timing {
        stopping: SOON,
        letting_go: SOON,
        finisher: SOON,
        probe: SOON,
        ..Timing::default()
    })
}

fn with(timing: Timing) -> Registry {
    Registry::new().limits(Limits {
        timing: Arc::new(timing),
        starts_per_minute: 10_000,
        ..Limits::default()
    })
}

/// What became of the only test.
async fn run(runner: &Runner) -> TestReport {
    runner.run(Selection::fast()).await.tests.remove(0)
}

#[track_caller]
fn assert_errored(test: &TestReport, message: &str) {
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    let said = test.message.as_deref().unwrap_or_default();
    assert!(said.contains(message), "{said:?} lacks {message:?}");
}

async fn passes_in_the_end(runner: &Runner) {
    let began = Instant::now();
    while run(runner).await.outcome != Outcome::Passed {
        assert!(began.elapsed() < LONG, "it never passes");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What a test is held by until its other end is dropped.
struct Held(Mutex<mpsc::Receiver<()>>);

impl Held {
    fn new() -> (mpsc::Sender<()>, Self) {
        let (release, held) = mpsc::channel();
        (release, Self(Mutex::new(held)))
    }

    fn wait(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

/// Its finisher stops its thread until it is released.
#[derive(Clone)]
struct Stops;

impl Fixture for Stops {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let held = cx.get::<Provided<Held>>().await?;
        cx.on_finish(async move { held.wait() });
        Ok(Self)
    }
}

#[tokio::test]
async fn a_tear_down_that_never_returns_holds_one_thread_however_often_it_is_asked_for() {
    let (release, held) = Held::new();
    let registry = impatient().provide(held);
    let runner = Runner::new(registry.test(Test::new("a", |_: Stops| {})));
    assert_errored(&run(&runner).await, "its limit of 30ms; it hangs");
    assert_errored(&run(&runner).await, "still hung since 2");
    drop(release);
    passes_in_the_end(&runner).await;
}

/// Registers its finisher when the test is over, the first time; and that never ends.
#[derive(Clone)]
struct Late;

#[derive(Default)]
struct Once {
    asked: AtomicBool,
}

impl Fixture for Late {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let held = cx.get::<Provided<Held>>().await?;
        let once = cx.get::<Provided<Once>>().await?;
        if !once.asked.swap(true, Ordering::SeqCst) {
            held.wait();
            cx.on_finish(std::future::pending::<()>());
        }
        Ok(Self)
    }
}

#[tokio::test]
async fn a_tear_down_is_run_for_a_time_also_where_it_is_registered_after_the_end() {
    let (release, held) = Held::new();
    let registry = impatient().provide(held).provide(Once::default());
    let late = Test::new("a", |_: Late| {}).timeout(SOON);
    let runner = Runner::new(registry.test(late));
    assert_errored(&run(&runner).await, "took longer than its limit");
    assert_errored(&run(&runner).await, "still hung");
    drop(release);
    // Its tear-down is given up.
    passes_in_the_end(&runner).await;
}

/// A browser that never ends, nor shows its page.
#[derive(Clone)]
struct HangingBrowser;

impl Fixture for HangingBrowser {
    const KIND: Kind = Kind::Browser;

    async fn acquire(cx: &Context) -> Result<Self> {
        let ending = cx.get::<Provided<Arc<Notify>>>().await?;
        cx.on_finish(async move {
            ending.notify_one();
            std::future::pending::<()>().await;
        });
        Ok(Self)
    }
}

/// A runner of that test alone, and where the test says that it is being ended.
fn in_a_browser(limit: Duration, timing: Timing) -> (Runner, Arc<Notify>) {
    let ending = Arc::new(Notify::new());
    let registry = with(timing).provide(Arc::clone(&ending));
    let limits = registry.limits.clone().slow_run(limit);
    let limits = limits.reuse(Duration::ZERO);
    let test = Test::new("a", |_: HangingBrowser| {});
    (Runner::new(registry.test(test).limits(limits)), ending)
}

async fn ask(runner: &Runner) -> TestReport {
    let ask = Ask::new(Selection::slow()).with_browsers();
    runner.ask(ask).await.report.tests[0].clone()
}

#[tokio::test]
async fn the_tear_down_of_a_browser_has_a_limit_of_its_own() {
    let timing = Timing {
        browser_finisher: 2 * SOON,
        finisher: SOON,
        ..Timing::default()
    };
    let (runner, _) = in_a_browser(LONG, timing);
    assert_errored(&ask(&runner).await, "its limit of 60ms");
}

/// Longer than anybody waits.
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_run_is_answered_in_time_whatever_a_browser_does() {
    // A tenth of the second that a run has at least.
    let timing = Timing {
        browser_finisher: HOUR,
        cleaning: Duration::from_millis(950),
        answering: Duration::from_millis(900),
        ..Timing::default()
    };
    let (runner, _) = in_a_browser(Duration::from_secs(1), timing);
    let began = Instant::now();
    loop {
        let test = ask(&runner).await;
        let said = test.message.unwrap_or_default();
        if said.contains("had not ended when the run's limit of 1s was near") {
            break;
        }
        // On a busy machine its turn may not have come, or not the end of its work.
        let was_late = ["before its turn came", "stopped: the run's limit"];
        assert!(was_late.iter().any(|late| said.contains(late)), "{said}");
        assert!(began.elapsed() < LONG, "its turn never comes");
    }
}

#[tokio::test]
async fn a_shutdown_waits_for_no_browser() {
    let timing = Timing {
        browser_finisher: HOUR,
        shutdown: SOON,
        shutdown_closing: SOON,
        ..Timing::default()
    };
    let (runner, ending) = in_a_browser(HOUR, timing);
    let asked = tokio::spawn({
        let runner = runner.clone();
        async move { ask(&runner).await }
    });
    ending.notified().await;
    tokio::time::timeout(LONG, runner.shutdown()).await.unwrap();
    asked.abort();
}

#[tokio::test]
async fn what_an_error_carries_is_not_waited_for_longer_than_that() {
    /// Stops its thread where it is dropped.
    struct Carried(Arc<Held>);
    impl std::fmt::Debug for Carried {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Carried")
        }
    }
    impl std::fmt::Display for Carried {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no")
        }
    }
    impl std::error::Error for Carried {}
    impl Drop for Carried {
        fn drop(&mut self) {
            self.0.wait();
        }
    }
    let (release, held) = Held::new();
    let held = Arc::new(held);
    let fails = move || {
        let held = Arc::clone(&held);
        async move { Err::<(), _>(Carried(held)) }
    };
    let limits = |registry: Registry| {
        let limits = registry.limits.clone().tests_at_once(1);
        registry.limits(limits)
    };
    let registry = limits(impatient());
    let runner = Runner::new(
        registry
            .test(Test::new("a", fails))
            .test(Test::new("b", async || {})),
    );
    let began = Instant::now();
    let report = runner.run(Selection::fast()).await;
    assert!(began.elapsed() < LONG);
    assert_errored(&report.tests[0], "no");
    assert_eq!(report.tests[1].outcome, Outcome::Passed, "{report:#?}");
    drop(release);
}

/// Keeps its thread for longer than it takes until a test that was stopped is given up: its limit,
/// the time to stop after that, and the time in which the stage has to show that it goes on.
async fn work() {
    std::thread::sleep(5 * SOON);
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn a_test_that_is_only_busy_is_not_cancelled_for_one_that_was_stopped() {
    let registry = (0..4).fold(impatient(), |registry, at| {
        registry.test(Test::new(format!("busy::{at}"), work))
    });
    let limits = registry.limits.clone().tests_at_once(5);
    let registry = registry
        .test(Test::new("stopped", std::future::pending::<()>).timeout(SOON))
        .test(Test::new("well", async || {}))
        .limits(limits);
    let report = Runner::new(registry).run(Selection::fast()).await;
    for test in &report.tests {
        if &*test.name == "stopped" {
            assert_errored(test, "took longer");
        } else {
            assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
        }
    }
}
