//! What a test leaves to be read and dropped runs where the test ran: it holds up no sandbox, no
//! other test and no report.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod support;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::panic_any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_conformance::eventually_blocking;
use smoke_core::{
    Backend, Context, Fixture, Kind, Limits, OpenRequest, Opened, Outcome, Provided, Registry,
    Result, RollbackVerdict, Runner, Sandbox, Selection, Session, Suite, Test,
};
use support::{Diary, PATIENCE, Paper, Pool, assert_ended, eventually, only, run, run_one};

/// Blocks whoever drops it until it is released.
#[derive(Clone, Debug, Default)]
struct Clasp(Arc<AtomicBool>);

impl Clasp {
    fn release(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn wait(&self) {
        let look = || self.0.load(Ordering::SeqCst);
        // The test of this file that forgets it has failed by then.
        let _ = eventually_blocking(PATIENCE, look, |released| *released);
    }
}

/// Lets go when the test of this file ends, so that a failed one ends too.
struct Released(Clasp);

impl Drop for Released {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// An error that blocks where it is dropped.
#[derive(Debug)]
struct Clings(Clasp);

impl fmt::Display for Clings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it clings")
    }
}

impl StdError for Clings {}

impl Drop for Clings {
    fn drop(&mut self) {
        self.0.wait();
    }
}

fn limits() -> Limits {
    Limits::default()
        .reuse(Duration::ZERO)
        .starts_per_minute(1000)
}

/// Runs a test that leaves something that blocks, twice, beside one that is well.
async fn holds_nothing_up(clasp: Clasp, test: Test, paper: Paper, message: &str) {
    let released = Released(clasp);
    let registry = Registry::new()
        .rollback(paper.clone())
        .limits(limits())
        .test(test)
        .test(Test::new("well", async |_: Sandbox<Pool>| {}));
    let runner = Runner::new(registry);
    let report = runner.run(Selection::fast()).await;
    assert_ended(&report.tests[0], Outcome::Errored, message);
    assert_ended(&report.tests[0], Outcome::Errored, "it hangs");
    assert_ended(&report.tests[1], Outcome::Passed, "");
    assert_eq!(paper.diary.count("finish clings"), 1);
    for _ in 0..6 {
        let report = runner.run(Selection::fast()).await;
        assert_ended(&report.tests[0], Outcome::Errored, "still hung since 2");
        assert_ended(&report.tests[1], Outcome::Passed, "");
    }
    assert_eq!(paper.diary.count("open clings"), 1);
    // Nothing was released until here; from here on it runs again.
    drop(released);
    let look = async || {
        runner.run(Selection::fast()).await;
        paper.diary.count("open clings")
    };
    let again = eventually(PATIENCE, look, |count| *count > 1);
    again.await.unwrap();
}

#[tokio::test]
async fn an_error_that_blocks_where_it_is_dropped_holds_nothing_up() {
    let clasp = Clasp::default();
    let clings = clasp.clone();
    let body = move |_: Sandbox<Pool>| {
        let error = Clings(clings.clone());
        async { Err::<(), _>(error) }
    };
    let test = Test::new("clings", body);
    holds_nothing_up(clasp, test, Paper::default(), "it clings").await;
}

#[tokio::test]
async fn nor_does_one_of_a_blocking_test() {
    let clasp = Clasp::default();
    let clings = clasp.clone();
    let body = move |_: Sandbox<Pool>| Err::<(), _>(Clings(clings.clone()));
    let test = Test::new("clings", body);
    holds_nothing_up(clasp, test, Paper::default(), "it clings").await;
}

#[tokio::test]
async fn nor_does_what_a_panic_carries() {
    let clasp = Clasp::default();
    let clings = clasp.clone();
    let body = move |_: Sandbox<Pool>| {
        let payload = Clings(clings.clone());
        async { panic_any(payload) as () }
    };
    let test = Test::new("clings", body);
    holds_nothing_up(clasp, test, Paper::default(), "panicked: (no message)").await;
}

/// A fixture that blocks where its last value is dropped.
#[derive(Clone)]
struct Sticky(#[expect(dead_code, reason = "it is dropped")] Arc<Clings>);

impl Fixture for Sticky {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let clasp = cx.get::<Provided<Clasp>>().await?;
        Ok(Self(Arc::new(Clings(Clasp::clone(&clasp)))))
    }
}

#[tokio::test]
async fn a_fixture_that_blocks_where_it_is_dropped_is_the_tests_that_hangs() {
    let (clasp, paper) = (Clasp::default(), Paper::default());
    let released = Released(clasp.clone());
    let registry = Registry::new()
        .provide(clasp)
        .rollback(paper.clone())
        .limits(limits())
        .test(Test::new("clings", async |_: Sandbox<Pool>, _: Sticky| {}))
        .test(Test::new("well", async |_: Sandbox<Pool>| {}));
    let runner = Runner::new(registry);
    let report = runner.run(Selection::fast()).await;
    assert_ended(&report.tests[0], Outcome::Errored, "it hangs");
    assert_ended(&report.tests[1], Outcome::Passed, "");
    assert_eq!(paper.diary.count("finish clings"), 1);
    for _ in 0..6 {
        let report = runner.run(Selection::fast()).await;
        assert_ended(&report.tests[0], Outcome::Errored, "still hung since 2");
        assert_ended(&report.tests[1], Outcome::Passed, "");
    }
    drop(released);
    while !runner.run(Selection::fast()).await.verdict().is_pass() {}
}

#[tokio::test]
async fn a_run_is_whole_whatever_is_dropped_in_it() {
    struct Bursts;
    impl Drop for Bursts {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("it bursts");
            }
        }
    }
    /// Bursts once more for each time that it has burst.
    struct Hydra;
    impl Drop for Hydra {
        fn drop(&mut self) {
            panic_any(Hydra);
        }
    }
    #[derive(Debug)]
    struct Carries<T: Any>(T);
    impl<T: Any + fmt::Debug> StdError for Carries<T> {}
    impl<T: Any> fmt::Display for Carries<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("it carries")
        }
    }
    impl fmt::Debug for Bursts {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Bursts")
        }
    }
    let diary = Diary::default();
    let torn_down = diary.clone();
    let suite = Suite::new("shop::till")
        .test("error", async || Err::<(), _>(Carries(Bursts)))
        .test("payload", async || panic_any(Hydra) as ())
        .test("blocking_payload", || panic_any(Hydra) as ())
        .test("well", async || {})
        .tear_down(move || torn_down.note("tear-down"));
    let runner = Runner::new(Registry::new().suite(suite).limits(limits()));
    // Nobody waits for long for what a value says when it is dropped.
    for runs in 1.. {
        let report = runner.run(Selection::fast()).await;
        let said: Vec<_> = report
            .tests
            .iter()
            .map(|test| (&*test.name, test.message.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(
            said,
            [
                ("shop::till::blocking_payload", "panicked: (no message)"),
                ("shop::till::error", "it carries"),
                ("shop::till::payload", "panicked: (no message)"),
                ("shop::till::well", ""),
            ]
        );
        assert_eq!(diary.count("tear-down"), runs);
        if let [cause] = &*report.tests[1].causes {
            assert!(
                cause.starts_with("a value panicked when it was dropped"),
                "{cause}"
            );
            assert!(cause.ends_with(": it bursts"), "{cause}");
            return;
        }
        assert!(runs < 100, "{report:#?}");
    }
}

#[tokio::test]
async fn an_error_that_is_never_through_is_cut() {
    /// Says and causes things without end.
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("and so on, ")?;
            }
        }
    }
    impl StdError for Endless {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(self)
        }
    }
    let test = run_one(Test::new("a", async || Err::<(), _>(Endless))).await;
    assert_ended(&test, Outcome::Errored, "and so on, and so on, ");
    let message = test.message.unwrap();
    assert!(message.len() <= 9 * 1024 && message.ends_with("bytes in all)"));
    assert!(test.causes.len() <= 16, "{}", test.causes.len());

    /// A cause has another, without end.
    #[derive(Debug)]
    struct Deep(AtomicUsize);
    impl fmt::Display for Deep {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let depth = self.0.fetch_add(1, Ordering::SeqCst);
            write!(f, "level {depth}")
        }
    }
    impl StdError for Deep {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(self)
        }
    }
    let deep = async || Err::<(), _>(Deep(AtomicUsize::new(0)));
    let test = run_one(Test::new("a", deep)).await;
    assert_ended(&test, Outcome::Errored, "level 0");
    assert_eq!(test.causes.len(), 16);
}

#[tokio::test]
async fn a_huge_message_is_cut_before_it_is_read() {
    // With the seconds that each of these would take whole, the run would be over.
    let huge = |name: &str| {
        let body = async || -> Result {
            let part = "postgres://app:hunter2@db/app token: password='";
            Err(part.repeat((16 << 20) / part.len()).into())
        };
        Test::new(name, body)
    };
    let registry = (0..3).fold(Registry::new(), |registry, at| {
        registry.test(huge(&format!("huge::{at}")))
    });
    let report = run(registry.test(Test::new("well", async || {}))).await;
    for test in &report.tests[..3] {
        assert_ended(test, Outcome::Errored, "postgres://app:***@db/app token: ");
        let message = test.message.as_ref().unwrap();
        assert!(message.len() <= 9 * 1024 && !message.contains("hunter2"));
    }
    assert_ended(&report.tests[3], Outcome::Passed, "");
}

static SEEN_ON: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

/// Notes on which thread it is used.
struct Tells(&'static str);

impl Tells {
    fn note(&self, what: &'static str) {
        let thread = thread::current().name().unwrap_or_default().to_owned();
        SEEN_ON.lock().unwrap().push((what, thread));
    }
}

impl Clone for Tells {
    fn clone(&self) -> Self {
        self.note("clone");
        Self(self.0)
    }
}

impl fmt::Debug for Tells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note("debug");
        f.write_str(self.0)
    }
}

impl fmt::Display for Tells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note("display");
        f.write_str(self.0)
    }
}

impl StdError for Tells {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.note("source");
        None
    }
}

impl Drop for Tells {
    fn drop(&mut self) {
        self.note(self.0);
    }
}

impl Fixture for Tells {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let (one, other) = (Tells("finisher"), Tells("finisher's error"));
        cx.on_finish(async move {
            drop(one);
            Err::<(), _>(other)
        });
        Ok(Tells("fixture"))
    }
}

#[tokio::test]
async fn nothing_of_a_tests_runs_where_the_time_of_runs_is_kept() {
    async fn ends(_: Tells) -> Result<(), Tells> {
        Err(Tells("error"))
    }
    async fn endless(_: Tells) {
        let _future = Tells("future");
        std::future::pending::<()>().await;
    }
    let closure = Tells("closure");
    let captures = move |_: Tells| {
        let closure = closure.clone();
        async move { drop(closure) }
    };
    let registry = Registry::new()
        .test(Test::new("a", ends))
        .test(Test::new("b", |_: Tells| Err::<(), _>(Tells("error"))))
        .test(Test::new("c", async || panic_any(Tells("payload")) as ()))
        .test(Test::new("d", || panic_any(Tells("payload")) as ()))
        .test(Test::new("e", captures))
        .test(Test::new("f", endless).timeout(Duration::from_millis(50)));
    let suite = Suite::new("suite")
        .set_up(async || Err::<(), _>(Tells("set-up's error")))
        .test("g", || {});
    let registry = registry.suite(suite);
    SEEN_ON.lock().unwrap().clear();
    let runner = Runner::new(registry);
    assert!(!runner.run(Selection::slow()).await.verdict().is_pass());
    let seen = SEEN_ON.lock().unwrap().clone();
    for what in [
        "clone",
        "display",
        "source",
        "error",
        "payload",
        "fixture",
        "future",
        "finisher",
        "finisher's error",
        "set-up's error",
    ] {
        assert!(
            seen.iter().any(|(seen, _)| *seen == what),
            "{what}: {seen:?}"
        );
    }
    for (what, thread) in seen {
        let where_tests_live = thread.starts_with("smoke-stage") || thread.starts_with("smoke ");
        assert!(where_tests_live, "{what} on {thread}");
    }
}

/// Says on which thread it is dropped.
#[derive(Debug)]
struct Says(Arc<Mutex<Vec<String>>>);

impl Drop for Says {
    fn drop(&mut self) {
        let thread = thread::current().name().unwrap_or_default().to_owned();
        self.0.lock().unwrap().push(thread);
    }
}

#[tokio::test]
async fn nor_is_what_the_registry_was_given_dropped_there() {
    let (said, clasp, begun) = (
        Arc::new(Mutex::new(Vec::new())),
        Clasp::default(),
        Clasp::default(),
    );
    let _released = Released(clasp.clone());
    let (tells, captured, waits) = (begun.clone(), Says(Arc::clone(&said)), clasp.clone());
    let captured = Arc::new(captured);
    let body = move || {
        let _captured = &captured;
        tells.release();
        waits.wait();
    };
    let registry = Registry::new()
        .provide(Says(Arc::clone(&said)))
        .test(Test::new("a", body));
    let runner = Runner::new(registry);
    let asking = tokio::spawn(async move { runner.run(Selection::fast()).await });
    let look = async || begun.0.load(Ordering::SeqCst);
    eventually(PATIENCE, look, |begun| *begun).await.unwrap();
    // The run is the last to have the runner.
    asking.abort();
    let _ = asking.await;
    clasp.release();
    let look = async || said.lock().unwrap().len();
    eventually(PATIENCE, look, |said| *said >= 2).await.unwrap();
    for thread in &*said.lock().unwrap() {
        assert!(!thread.starts_with("smoke-coord"), "{thread}");
    }
}

#[tokio::test]
async fn a_closure_that_is_never_cloned_is_a_test_that_hangs() {
    #[derive(Debug)]
    struct Uncopied(Clasp);
    impl Clone for Uncopied {
        fn clone(&self) -> Self {
            self.0.wait();
            Self(self.0.clone())
        }
    }
    let clasp = Clasp::default();
    let _released = Released(clasp.clone());
    let uncopied = Uncopied(clasp);
    let body = move || drop(format!("{uncopied:?}"));
    let registry = Registry::new()
        .test(Test::new("a", body).timeout(Duration::from_millis(50)))
        .test(Test::new("b", async || {}));
    let report = run(registry).await;
    assert_ended(
        &report.tests[0],
        Outcome::Errored,
        "took longer than its limit of 50ms",
    );
    assert_ended(&report.tests[0], Outcome::Errored, "it hangs");
    assert_ended(&report.tests[1], Outcome::Passed, "");
}

#[tokio::test]
async fn what_will_pass_is_found_among_the_sources_of_an_error() {
    let paper = Paper::default();
    let contended = async |_: Sandbox<Pool>| -> Result {
        let cause = "a lock".to_owned();
        let busy = smoke_core::Error::from(RollbackVerdict::Contended { cause });
        Err(busy.context("while counting"))
    };
    let registry = Registry::new()
        .rollback(paper.clone())
        .test(Test::new("a", contended));
    let test = only(run(registry).await);
    assert_ended(&test, Outcome::Errored, "while counting");
    assert_eq!(test.causes, ["the database was busy: a lock"]);
    // It was worth another try.
    assert_eq!(paper.diary.count("open a"), 2);
}

/// A sandbox that knows errors of the library that it stands on: those are [`Driver`]s.
struct Reads;

#[derive(Clone)]
struct Read(#[expect(dead_code, reason = "a pool is not empty")] Arc<()>);

#[derive(Debug)]
struct Driver;

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("database is locked")
    }
}

impl StdError for Driver {}

impl Backend for Reads {
    type Pool = Read;

    fn describe(&self) -> String {
        "a library".to_owned()
    }

    fn open(&self, _: OpenRequest) -> BoxFuture<'_, Result<Opened<Read>>> {
        Box::pin(async {
            Ok(Opened {
                pool: Read(Arc::default()),
                session: Arc::new(Reads),
            })
        })
    }
}

impl Session for Reads {
    fn checkouts(&self) -> u64 {
        0
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async { Ok(()) })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async { Ok(()) })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async { RollbackVerdict::RolledBack })
    }

    fn explain(&self, error: &smoke_core::Error) -> Option<RollbackVerdict> {
        let cause = error.downcast_ref::<Driver>()?.to_string();
        Some(RollbackVerdict::Limit { cause })
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

#[derive(Clone)]
struct FinishesBadly;

impl Fixture for FinishesBadly {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        cx.on_finish(async { Err::<(), _>(Driver) });
        Ok(Self)
    }
}

#[tokio::test]
async fn what_a_sandbox_reads_in_an_error_is_kept() {
    let wrapped = async |_: Sandbox<Read>| -> Result {
        Err(smoke_core::Error::from(Driver).context("while counting"))
    };
    let registry = Registry::new()
        .rollback(Reads)
        .test(Test::new("async", wrapped))
        .test(Test::new("blocking", |_: Sandbox<Read>| {
            Err::<(), _>(Driver)
        }))
        .test(Test::new(
            "finisher",
            async |_: Sandbox<Read>, _: FinishesBadly| {},
        ));
    let report = run(registry).await;
    for (test, said) in report.tests.iter().zip([
        "database is locked; the test ended with: while counting",
        "database is locked",
        "tear-down failed: database is locked",
    ]) {
        let said = format!("limit of the sandbox: {said}");
        assert_ended(test, Outcome::Errored, &said);
        assert_eq!(test.message.as_deref(), Some(&*said));
        assert_eq!(test.causes, [""; 0]);
    }
}
