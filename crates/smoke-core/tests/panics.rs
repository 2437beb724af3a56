//! A panic of a smoke test is the test's, whatever the application's panic hook does. This file is
//! such an application too: its hook ends the process.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod support;

use std::error::Error as StdError;
use std::fmt;
use std::panic::{panic_any, set_hook, take_hook};
use std::pin::Pin;
use std::process::{Command, ExitStatus, exit};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use smoke_conformance::eventually_blocking;
use smoke_core::{
    App, AppBody, AppFactory, Backend, Client, Context, Event, Fixture, Kind, Limits, OpenRequest,
    Opened, Outcome, Providers, Registry, Report, Result, Runner, Sandbox, Selection, Suite,
    SuiteValue, Test, TestReport, This,
};
use smoke_testing::{EachLine, PATIENCE, output};
use support::Pool;

/// How the hook of this application ends it.
const ENDED_BY_THE_HOOK: i32 = 42;

fn main() {
    let child = std::env::args().nth(1);
    let child = child.as_deref();
    match child {
        Some("every-kind") => every_kind(),
        Some("left-behind") => left_behind(),
        Some("own-thread") => own_thread(),
        Some("hook-set-later") => hook_set_later(),
        Some("hooks-in-a-chain") => hooks_in_a_chain(),
        Some("hook-at-work") => hook_at_work(),
        Some("log-that-panics") => log_that_panics(),
        Some("many-panics") => many_panics(),
        Some("no-way-back") => no_way_back(),
        Some("--list") => {}
        // Whatever else the test runner says, there is one thing to do.
        _ => {
            for (name, child) in [
                ("no_panic_of_a_smoke_test_ends_the_process", "every-kind"),
                ("nor_does_one_of_what_it_has_left_behind", "left-behind"),
                (
                    "nor_where_the_hook_is_set_between_two_runs",
                    "hook-set-later",
                ),
                ("each_hook_of_a_chain_is_called_once", "hooks-in-a-chain"),
                ("a_hook_that_is_at_work_stops_no_clock", "hook-at-work"),
                ("a_log_that_panics_does_so_once_a_line", "log-that-panics"),
                ("a_test_cannot_flood_the_log", "many-panics"),
            ] {
                let (status, said) = outcome(child);
                assert!(status.success(), "{name}: {status:?}\n{said}");
                println!("test {name} ... ok");
            }
            let (status, said) = outcome("own-thread");
            assert_eq!(status.code(), Some(ENDED_BY_THE_HOOK), "{said}");
            assert_eq!(said, "the application panicked: the till is on fire\n");
            println!("test a_panic_of_the_applications_own_is_its_hooks ... ok");
            let (_, said) = outcome("no-way-back");
            let last = "the application panicked: panic in a destructor during cleanup";
            assert!(said.contains(last), "{said}");
            println!("test the_hook_hears_of_the_panic_that_aborts_the_process ... ok");
        }
    }
}

/// Runs this file as a process of its own: how it ended, and what it said.
fn outcome(child: &str) -> (ExitStatus, String) {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let process = process.arg(child).env("RUST_BACKTRACE", "0");
    let output = output(process, 2 * PATIENCE);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status, said.into_owned())
}

/// What many applications do.
fn end_at_a_panic() {
    set_hook(Box::new(|info| {
        let said = info.payload().downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| info.payload().downcast_ref::<&str>().copied());
        println!("the application panicked: {}", said.unwrap_or("?"));
        exit(ENDED_BY_THE_HOOK);
    }));
}

fn block_on<Fut: Future>(future: Fut) -> Fut::Output {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(future)
}

fn run(registry: Registry) -> Report {
    block_on(Runner::new(registry).run(Selection::slow()))
}

fn says(test: &TestReport, said: &str) -> bool {
    let mut texts = test.message.iter().chain(&test.causes);
    texts.any(|text| text.contains(said))
}

/// Asserts that the test did not pass for that, and that the report says where.
#[track_caller]
fn assert_panicked(test: &TestReport, said: &str) {
    let mut texts = test.message.iter().chain(&test.causes);
    let place = test
        .place
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    // The place of what panicked beside another error is in its text.
    let known = texts.any(|text| {
        text.contains(said) && (text.contains("panics.rs:") || place.contains("panics.rs:"))
    });
    assert!(test.outcome == Outcome::Errored && known, "{test:#?}");
}

fn panics(what: &str) -> ! {
    panic!("{what} is on fire")
}

/// Panics when it is dropped.
#[derive(Clone)]
struct Fuse(&'static str);

impl Drop for Fuse {
    fn drop(&mut self) {
        if !thread::panicking() {
            panics(self.0);
        }
    }
}

impl fmt::Debug for Fuse {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panics("the debug")
    }
}

impl fmt::Display for Fuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is smoke")
    }
}

impl StdError for Fuse {}

/// An error that panics when somebody asks it.
#[derive(Debug)]
struct Asked {
    display: bool,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.display {
            panics("the display");
        }
        f.write_str("ask me")
    }
}

impl StdError for Asked {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        if self.display {
            None
        } else {
            panics("the source")
        }
    }
}

/// A fixture that panics where its `AT` says.
#[derive(Clone)]
struct Panics<const AT: u8>;
const ACQUIRED: u8 = 0;
const CHECKED: u8 = 1;
const FINISHED: u8 = 2;

impl<const AT: u8> Fixture for Panics<AT> {
    const KIND: Kind = Kind::Unit;

    fn check(_: &Providers<'_>) -> Result {
        if AT == CHECKED {
            panics("the check");
        }
        Ok(())
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        match AT {
            ACQUIRED => panics("the fixture"),
            FINISHED => cx.on_finish(async { panics("the finisher") as () }),
            _ => {}
        }
        Ok(Self)
    }
}

/// A fixture whose values panic when they are dropped, the last of them where the test is over.
#[derive(Clone)]
struct Dropped(#[allow(dead_code, reason = "it is dropped")] std::sync::Arc<Fuse>);

impl Fixture for Dropped {
    const KIND: Kind = Kind::Unit;

    async fn acquire(_: &Context) -> Result<Self> {
        Ok(Self(std::sync::Arc::new(Fuse("the fixture's value"))))
    }
}

struct Till;

impl SuiteValue for Till {
    const KIND: Kind = Kind::Unit;

    fn check(_: &Providers<'_>) -> Result {
        Ok(())
    }

    async fn set_up(_: &Context) -> Result<Self> {
        Ok(Self)
    }

    async fn tear_down(_: Context) -> Result {
        panics("the tear-down")
    }
}

/// A backend whose set-up panics.
struct NoSetup;

impl Backend for NoSetup {
    type Pool = Pool;

    fn describe(&self) -> String {
        "nothing".to_owned()
    }

    fn open(&self, _: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        Box::pin(async { panics("the set-up") })
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;

/// Panics in the body of its answer, where it does not before.
struct Routes;

struct Burning;

impl Body for Burning {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        panics("the body")
    }
}

impl App for Routes {
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, Result<Response<AppBody>, BoxError>> {
        match request.uri().path() {
            "/call" => panics("the call"),
            "/body" => Box::pin(async { Ok(Response::new(Burning.boxed_unsync())) }),
            "/spawned" => Box::pin(async {
                tokio::spawn(async { panics("the handler's task") as () })
                    .await
                    .map(|()| Response::new(AppBody::default()))
                    .map_err(Into::into)
            }),
            _ => Box::pin(async { panics("the handler") }),
        }
    }
}

async fn asks(client: Client, path: &str) -> Result {
    client.get(path).send().await?;
    Ok(())
}

/// What panics and is not the factory, each with what the report says of it.
fn kinds() -> Vec<(Test, &'static str)> {
    async fn spawned() -> Result {
        // The first is heard by nobody.
        drop(tokio::spawn(async { panics("the lost task") as () }));
        Ok(tokio::spawn(async { panics("the task") as () }).await?)
    }
    async fn spawned_blocking() -> Result {
        Ok(tokio::task::spawn_blocking(|| panics("the blocking task") as ()).await?)
    }
    async fn cancelled() {
        let _fuse = Fuse("what was cancelled");
        std::future::pending::<()>().await;
    }
    let cancelled = Test::new("cancelled", cancelled).timeout(Duration::from_millis(50));
    vec![
        (
            Test::new("async", async || panics("the till") as ()),
            "panicked: the till is on fire",
        ),
        (
            Test::new("blocking", || panics("the till") as ()),
            "panicked: the till is on fire",
        ),
        (
            Test::new("fixture", async |_: Panics<ACQUIRED>| {}),
            "the fixture is on fire",
        ),
        (
            Test::new("check", async |_: Panics<CHECKED>| {}),
            "the check is on fire",
        ),
        (
            Test::new("finisher", async |_: Panics<FINISHED>| {}),
            "the finisher is on fire",
        ),
        (
            Test::new("tear_down", async |_: This<Till>| {}),
            "the tear-down is on fire",
        ),
        (
            Test::new("set_up", async |_: Sandbox<Pool>| {}),
            "the set-up is on fire",
        ),
        (
            Test::new("value", async || drop(Fuse("the value"))),
            "the value is on fire",
        ),
        (
            Test::new("fixtures_value", async |_: Dropped| {}),
            "the fixture's value is on fire",
        ),
        (
            Test::new("error", async || Err::<(), _>(Fuse("the error"))),
            "the error is on fire",
        ),
        (
            Test::new("blocking_error", || Err::<(), _>(Fuse("the error"))),
            "the error is on fire",
        ),
        (
            Test::new("display", async || Err::<(), _>(Asked { display: true })),
            "the display is on fire",
        ),
        (
            Test::new("source", async || Err::<(), _>(Asked { display: false })),
            "the source is on fire",
        ),
        (
            Test::new("payload", async || panic_any(Fuse("the payload")) as ()),
            "the payload is on fire",
        ),
        (
            Test::new("blocking_payload", || panic_any(Fuse("the payload")) as ()),
            "panicked: (no message)",
        ),
        (Test::new("spawned", spawned), "the task is on fire"),
        (
            Test::new("spawned_blocking", spawned_blocking),
            "the blocking task is on fire",
        ),
        (cancelled, "took longer than its limit"),
        (
            Test::new("handler", async |client: Client| asks(client, "/").await),
            "the handler is on fire",
        ),
        (
            Test::new("call", async |client: Client| asks(client, "/call").await),
            "the call is on fire",
        ),
        (
            Test::new("body", async |client: Client| asks(client, "/body").await),
            "the body is on fire",
        ),
        (
            Test::new("handlers_task", async |client: Client| {
                asks(client, "/spawned").await
            }),
            "the handler's task is on fire",
        ),
    ]
}

fn every_kind() {
    hear();
    end_at_a_panic();
    let app = || AppFactory::new(async || Routes, |routes: Routes| routes);
    let (tests, said): (Vec<_>, Vec<_>) = kinds().into_iter().unzip();
    let names: Vec<_> = tests.iter().map(|test| test.name().to_owned()).collect();
    let registry = Registry::new().app(app()).rollback(NoSetup);
    let registry = tests.into_iter().fold(registry, Registry::test);
    let limits = Limits::default().reuse(Duration::ZERO);
    let runner = Runner::new(registry.test(Test::new("well", async || {})).limits(limits));
    let mut report = block_on(runner.run(Selection::slow()));
    for (name, said) in names.iter().zip(said) {
        let test = |report: &Report| {
            let mut tests = report.tests.iter();
            tests.find(|test| test.name == *name).unwrap().clone()
        };
        // Nobody waits for long for what a value says when it is dropped.
        let mut tries = 0..20;
        while !says(&test(&report), said) && tries.next().is_some() {
            report = block_on(runner.run(Selection::slow().select(name)));
        }
        match name.as_str() {
            // It was stopped before.
            "cancelled" => assert!(says(&test(&report), said), "{report:#?}"),
            _ => assert_panicked(&test(&report), said),
        }
    }
    let report = block_on(runner.run(Selection::slow()));
    let well = report.tests.iter().find(|test| test.name == "well");
    assert_eq!(well.unwrap().outcome, Outcome::Passed);
    for (name, factory) in [
        (
            "async",
            AppFactory::new(
                async || panics("the factory") as Routes,
                |routes: Routes| routes,
            ),
        ),
        (
            "blocking",
            AppFactory::new(|| panics("the factory") as Routes, |routes: Routes| routes),
        ),
    ] {
        let registry = Registry::new().app(factory);
        let asks = async |client: Client| asks(client, "/").await;
        let report = run(registry.test(Test::new(name, asks)));
        assert_panicked(&report.tests[0], "the factory is on fire");
    }
    for (suite, said) in [
        (
            Suite::new("till").set_up(|| panics("the suite's set-up") as ()),
            "the suite's set-up is",
        ),
        (
            Suite::new("till").tear_down(async || panics("the suite's end") as ()),
            "the suite's end is",
        ),
    ] {
        let report = run(Registry::new().suite(suite.test("a", || {})));
        assert_panicked(&report.tests[0], said);
    }
    // The one of which no report can tell is in the log, without its secret.
    eventually(|| {
        let lines = LINES.lock().unwrap();
        lines
            .iter()
            .any(|line| line.contains("a smoke test panicked: the lost task is on fire"))
    });
}

fn eventually(mut holds: impl FnMut() -> bool) {
    let look = || (holds(), LINES.lock().unwrap().clone());
    eventually_blocking(PATIENCE, look, |(holds, _)| *holds).unwrap();
}

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The lines of the log about panics.
fn panics_told() -> Vec<String> {
    let lines = LINES.lock().unwrap();
    let told = lines
        .iter()
        .filter(|line| line.contains("a smoke test panicked"));
    told.cloned().collect()
}

/// Whether the log panics at a line that comes from a thread of the runner's own.
static PANICS: AtomicBool = AtomicBool::new(false);

/// Keeps every line of the log.
fn hear() {
    let keeps = EachLine(|line| {
        LINES.lock().unwrap().push(line);
        let thread = thread::current();
        let is_ours = matches!(thread.name(), Some("smoke-log" | "smoke-coord"));
        if PANICS.load(Ordering::SeqCst) && is_ours {
            panics("the log");
        }
    });
    tracing::subscriber::set_global_default(keeps).unwrap();
}

/// A task, a hung thread and a late finisher panic when the run is over.
fn left_behind() {
    static RELEASED: Mutex<bool> = Mutex::new(false);
    static PANICKED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            PANICKED.fetch_add(1, Ordering::SeqCst);
        }
    }
    async fn leaves() {
        tokio::spawn(async {
            let _counted = Counted;
            while !*RELEASED.lock().unwrap() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            panics("the task");
        });
    }
    fn hangs() {
        let _counted = Counted;
        while !*RELEASED.lock().unwrap() {
            thread::sleep(Duration::from_millis(1));
        }
        panics("the hung thread");
    }
    hear();
    end_at_a_panic();
    let runner = Runner::new(
        Registry::new()
            .test(Test::new("leaves", leaves))
            .test(Test::new("hangs", hangs).timeout(Duration::from_millis(20))),
    );
    let report = block_on(runner.run(Selection::fast()));
    assert_eq!(report.tests[1].outcome, Outcome::Passed, "{report:#?}");
    *RELEASED.lock().unwrap() = true;
    eventually(|| PANICKED.load(Ordering::SeqCst) == 2);
    // The hook comes before what is dropped: it has been called for both.
    eventually(|| {
        let lines = LINES.lock().unwrap();
        let said = |what: &str| lines.iter().any(|line| line.contains(what));
        said("the task is on fire") && said("the hung thread is on fire")
    });
}

/// Starts a run whose only test waits; what is returned ends it.
fn waiting_run() -> (thread::JoinHandle<Report>, std::sync::mpsc::Sender<()>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Arc::new(Mutex::new(held));
    let body = move || {
        let _ = held.lock().unwrap().recv();
    };
    let runner = Runner::new(Registry::new().test(Test::new("waits", body)));
    let mut events = runner.events();
    let running = thread::spawn(move || block_on(runner.run(Selection::fast())));
    while !matches!(block_on(events.recv()), Ok(Event::TestStarted { .. })) {}
    (running, release)
}

fn own_thread() {
    end_at_a_panic();
    let (running, release) = waiting_run();
    let _ = thread::spawn(|| panics("the till") as ()).join();
    // The hook has ended the process before that.
    drop(release);
    println!("{:?}", running.join().unwrap().verdict());
}

fn hook_set_later() {
    let panicking = || Test::new("a", async || panics("the till") as ());
    let limits = Limits::default().reuse(Duration::ZERO);
    let registry = Registry::new().limits(limits);
    let runner = Runner::new(registry.test(panicking()));
    for _ in 0..3 {
        // Nothing of what stood before is left.
        end_at_a_panic();
        let report = block_on(runner.run(Selection::fast()));
        assert_panicked(&report.tests[0], "the till is on fire");
        let other = run(Registry::new().test(panicking()));
        assert_panicked(&other.tests[0], "the till is on fire");
    }
}

fn hooks_in_a_chain() {
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|_| {}));
    let runner = Runner::new(
        Registry::new()
            .test(Test::new("a", async || panics("the till") as ()))
            .limits(Limits::default().reuse(Duration::ZERO)),
    );
    let mut hooks = 0;
    for _ in 0..5 {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            CALLED.fetch_add(1, Ordering::SeqCst);
            previous(info);
        }));
        hooks += 1;
        for _ in 0..2 {
            let report = block_on(runner.run(Selection::fast()));
            assert_panicked(&report.tests[0], "the till is on fire");
        }
        assert_eq!(CALLED.swap(0, Ordering::SeqCst), 0);
        let _ = thread::spawn(|| panics("the application") as ()).join();
        assert_eq!(CALLED.swap(0, Ordering::SeqCst), hooks);
    }
}

/// A hook may take its time, and nothing can look at a hook while one is called.
fn hook_at_work() {
    static AT_WORK: AtomicBool = AtomicBool::new(false);
    static RELEASED: AtomicBool = AtomicBool::new(false);
    set_hook(Box::new(|_| {
        AT_WORK.store(true, Ordering::SeqCst);
        while !RELEASED.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
    }));
    let limits = Limits::default()
        .run(Duration::from_secs(1))
        .reuse(Duration::ZERO);
    let registry = Registry::new().limits(limits);
    let runner = Runner::new(registry.test(Test::new("a", async || {})));
    let panicking = thread::spawn(|| panics("the application") as ());
    eventually(|| AT_WORK.load(Ordering::SeqCst));
    for _ in 0..2 {
        let report = block_on(runner.run(Selection::fast()));
        let reason = "a panic hook of the application is still at work";
        assert!(report.reasons[0].contains(reason), "{report:#?}");
    }
    RELEASED.store(true, Ordering::SeqCst);
    assert!(panicking.join().is_err());
    let report = block_on(runner.run(Selection::fast()));
    assert!(report.verdict().is_pass(), "{report:#?}");
}

fn log_that_panics() {
    let tests_told = || {
        let told = panics_told();
        told.iter().filter(|line| line.contains("the till")).count()
    };
    hear();
    PANICS.store(true, Ordering::SeqCst);
    for (runs, name) in ["one", "two"].into_iter().enumerate() {
        let report = run(Registry::new().test(Test::new(name, async || panics("the till") as ())));
        assert_panicked(&report.tests[0], "the till is on fire");
        eventually(|| tests_told() > runs);
    }
    // The other lines of a run are a few.
    assert_eq!(tests_told(), 2, "{:?}", panics_told());
    assert!(panics_told().len() <= 10, "{:?}", panics_told());
}

fn many_panics() {
    hear();
    let body = async || {
        for _ in 0..100 {
            for _ in 0..50 {
                let _ = tokio::spawn(async { panics("the task") as () }).await;
            }
            // The lines are written meanwhile.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let report = run(Registry::new().test(Test::new("a", body)));
    assert!(report.verdict().is_pass(), "{report:#?}");
    eventually(|| !panics_told().is_empty());
    assert!(panics_told().len() <= 200, "{}", panics_told().len());
}

/// What cannot be caught: the process ends, and the application's hook hears of it.
fn no_way_back() {
    struct Unwound;
    impl Drop for Unwound {
        fn drop(&mut self) {
            panics("what is unwound");
        }
    }
    let body = async || {
        let _unwound = Unwound;
        panics("the test") as ()
    };
    end_at_a_panic();
    run(Registry::new().test(Test::new("a", body)));
}
