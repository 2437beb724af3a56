//! The programs that the tests run.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Response};
use http_body_util::Full;
use smoke_conformance::paper::{Paper, Pool};
use smoke_tower::smoke_core::{AppBody, Context, Event, Fixture, Kind, Probe, logs};
use smoke_tower::{
    Client, Limits, Registry, Result, Runner, Sandbox, Schedule, Selection, Suite, Test, ensure,
    ensure_eq, fail,
};
use tokio::sync::Semaphore;
use tower::service_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Names the program that this process is to be.
pub(crate) const PROGRAM: &str = "SMOKE_CLI_PROGRAM";
/// A file: as long as it is not there, `held` holds.
pub(crate) const LET_GO: &str = "SMOKE_CLI_LET_GO";
/// A file to which what became of the sandboxes is written.
pub(crate) const DIARY: &str = "SMOKE_CLI_DIARY";

/// How many tests `many` has.
pub(crate) const MANY: usize = 5000;

pub(crate) fn run(program: &str) -> ExitCode {
    tracing_subscriber::registry().with(logs::layer()).init();
    match program {
        "shop" => smoke_cli::main(shop()),
        "harness" => smoke_cli::harness(shop()),
        "empty" => smoke_cli::main(Registry::new()),
        "empty-harness" => smoke_cli::harness(Registry::new()),
        "twice" => smoke_cli::main(twice()),
        "twice-harness" => smoke_cli::harness(twice()),
        "all-skipped-harness" => smoke_cli::harness(all_skipped()),
        "browsing" => smoke_cli::main(browsing()),
        "browsing-harness" => smoke_cli::harness(browsing()),
        "warned" => smoke_cli::main(warned()),
        "warned-harness" => smoke_cli::harness(warned()),
        "many" => smoke_cli::main(many()),
        "held" => smoke_cli::main(held()),
        "hung" => hung(),
        "scheduled" => scheduled(false),
        "started" => scheduled(true),
        "beside" => beside(),
        "embedded" => embedded(),
        "in-a-runtime" => in_a_runtime(smoke_cli::main),
        "harness-in-a-runtime" => in_a_runtime(smoke_cli::harness),
        other => panic!("there is no program {other:?}"),
    }
}

/// A test for each outcome, one after the other.
fn shop() -> Registry {
    let notes = Suite::new("shop::notes::Notes")
        .set_up(|| eprintln!("the notes are set up"))
        .test("can_be_many", async || {})
        .test("can_be_short", async || {});
    named(Registry::new())
        .app(smoke_tower::app(|| service_fn(answer)))
        .test(
            Test::new("shop::cart::adds_up", async || {})
                .tags(["money"])
                .description("The sum is right"),
        )
        .test(Test::new("shop::cart::balances", balances).tags(["money"]))
        .test(Test::new("shop::mail::arrives", async || {}).skip("there is no mail server yet"))
        .test(Test::new("shop::page::opens", opens))
        .test(Test::new("shop::page::sells", sells))
        .test(Test::new(
            "shop::page::speaks_plainly",
            speaks_to_the_terminal,
        ))
        .test(Test::new("shop::stock::is_counted", async || {}).slow())
        .suite(notes)
}

fn named(registry: Registry) -> Registry {
    let limits = Limits::default().tests_at_once(1);
    registry
        .limits(limits)
        .build_id("4f2a91c")
        .instance("web-1")
}

async fn answer(request: Request<AppBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match request.uri().path() {
        "/" => (200, "open"),
        _ => (500, "the till is closed"),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

async fn balances() -> Result {
    ensure_eq!(13, 14, "the balance is off");
    Ok(())
}

async fn opens(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

async fn sells(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    client
        .post("/orders")
        .without_database()
        .send()
        .await?
        .ensure_status(201)?;
    Ok(())
}

async fn speaks_to_the_terminal() -> Result {
    tracing::warn!(amount = 14, "\u{1b}[2Jthe till\nis shut <&>");
    fail!("\u{1b}[2Jgone <&> \u{0}\nsecond line");
}

/// A fixture of its kind, which says where a test may leave something.
#[derive(Clone)]
struct Browser(String);

impl Fixture for Browser {
    const KIND: Kind = Kind::Browser;

    async fn acquire(cx: &Context) -> Result<Self> {
        let folder = cx.artifacts().map(|folder| folder.display().to_string());
        Ok(Self(folder.unwrap_or("nowhere".to_owned())))
    }
}

fn browsing() -> Registry {
    let fails = async |browser: Browser| -> Result { fail!("kept in {}", browser.0) };
    named(Registry::new()).test(Test::new("shop::page::shows", fails))
}

fn all_skipped() -> Registry {
    let test = |name: &'static str| Test::new(name, async || {}).skip("not today");
    named(Registry::new())
        .test(test("shop::a"))
        .test(test("shop::b"))
}

fn warned() -> Registry {
    let warns = async || -> Result { fail!("the disk is almost full") };
    named(Registry::new())
        .test(Test::new("shop::disk", warns).advisory())
        .test(Test::new("shop::opens", async || {}))
}

fn twice() -> Registry {
    let test = || Test::new("shop::opens", async || {});
    named(Registry::new()).test(test()).test(test())
}

/// More tests than there are events that a watcher may be behind, in no time.
fn many() -> Registry {
    let test = |at| Test::new(format!("shop::many::test_{at:04}"), async || {});
    (0..MANY).map(test).fold(Registry::new(), Registry::test)
}

/// A test that ends when it is let go, and one after it.
fn held() -> Registry {
    async fn holds() {
        let file = PathBuf::from(std::env::var_os(LET_GO).unwrap());
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let follows = Test::new("shop::b_follows", async || {});
    named(Registry::new())
        .test(Test::new("shop::a_holds", holds))
        .test(follows)
}

/// A command line with nothing but the smoke tests.
#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    args: smoke_cli::Args,
}

/// A command beside another run of the same runner, whose test ends while the command's runs.
#[tokio::main]
async fn beside() -> ExitCode {
    static OTHER: Semaphore = Semaphore::const_new(0);
    static OWN: Semaphore = Semaphore::const_new(0);
    async fn other() {
        OTHER.acquire().await.unwrap().forget();
    }
    async fn own() {
        OTHER.add_permits(1);
        OWN.acquire().await.unwrap().forget();
    }
    let registry = Registry::new().test(Test::new("shop::other", other));
    let runner = Runner::new(registry.test(Test::new("shop::own", own)));
    let mut events = runner.events();
    let beside = runner.clone();
    let running =
        tokio::spawn(async move { beside.run(Selection::fast().select("shop::other")).await });
    tokio::spawn(async move {
        // The first that ends is the other one. The command hears of it before its own test ends.
        while !matches!(events.recv().await, Ok(Event::TestFinished { .. })) {}
        OWN.add_permits(1);
    });
    let code = smoke_cli::run(&runner, Alone::parse().args).await;
    assert!(running.await.unwrap().verdict().is_pass());
    code
}

/// A test that never ends and has a sandbox.
fn hung() -> ExitCode {
    async fn hangs(pool: Sandbox<Pool>) {
        pool.take();
        std::future::pending().await
    }
    let paper = Paper::default();
    let diary = paper.diary.clone();
    let code = smoke_cli::main(
        named(Registry::new())
            .rollback(paper)
            .test(Test::new("shop::hangs", hangs)),
    );
    std::fs::write(std::env::var_os(DIARY).unwrap(), diary.lines().join("\n")).unwrap();
    code
}

/// An application with a schedule, whose test fails where that has been started.
#[tokio::main]
async fn scheduled(started: bool) -> ExitCode {
    static RUNNER: OnceLock<Runner> = OnceLock::new();
    async fn looks() -> Result {
        let standing = RUNNER.get().unwrap().standing(Probe::Startup);
        let said = standing.reasons.join("; ");
        ensure!(said.contains("have not been started"), "{said}");
        Ok(())
    }
    let registry = Registry::new()
        .test(Test::new("shop::looks", looks))
        .schedule(Schedule::every(Duration::from_millis(100)));
    let runner = RUNNER.get_or_init(|| Runner::new(registry));
    if started {
        runner.start();
    }
    smoke_cli::run(runner, Alone::parse().args).await
}

/// An application whose command line has the smoke tests beside its own.
#[tokio::main(flavor = "current_thread")]
async fn embedded() -> ExitCode {
    #[derive(Parser)]
    enum Shop {
        Serve,
        Smoke(smoke_cli::Args),
    }
    match Shop::parse() {
        Shop::Serve => ExitCode::SUCCESS,
        Shop::Smoke(args) => smoke_cli::run(&Runner::new(shop()), args).await,
    }
}

/// Whoever makes a registry in async code may call them there.
#[tokio::main]
async fn in_a_runtime(program: fn(Registry) -> ExitCode) -> ExitCode {
    program(shop())
}
