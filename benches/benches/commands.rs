//! The commands, as whole processes. This file is those processes, too.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use benches::inserting::limits;
use benches::page::{Page, Table, beside, figure, millis};
use benches::rounds::{Subject, take_turns, timed};
use benches::scale::Scale;
use benches::trivial::{AT_ONCE, registry};
use futures_util::FutureExt as _;
use libtest_mimic::{Arguments, Trial};
use smoke_axum::{Registry, SmokeLayer, Test};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What a process that this one starts is.
const PROGRAM: &str = "SMOKE_BENCH_PROGRAM";
const TESTS: &str = "SMOKE_BENCH_TESTS";
/// For how many milliseconds each of its tests sleeps.
const SLEEPS: &str = "SMOKE_BENCH_SLEEPS";
const BUILD: &str = "4f2a91c";
/// How long an instance test of a replica takes.
const NAP: Duration = Duration::from_millis(50);
const JOBS: usize = 64;

fn main() -> ExitCode {
    let program = env::var(PROGRAM).ok();
    let measured = match program.as_deref() {
        Some("shop smoke") => return shop(number(TESTS), number(SLEEPS)),
        Some("libtest-mimic") => return mimic(number(TESTS), number(SLEEPS)),
        Some("smoke") => return smoke_cli::smoke(),
        _ => measure(),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("The commands");
    page.say(
        "Whole processes, whose output is read from pipes. Least / median in milliseconds. `shop smoke` runs asynchronous tests with an empty body, or blocking \
         ones that sleep for 1 ms, four at a time; libtest-mimic calls as many closures that do the same; in brackets how many times its median. `smoke gate` asks replicas on this \
         machine, each of which has an instance test that takes 50 ms, 64 at a time, twice in a row, which is at best the time that is given beside it; in brackets how many \
         times that.",
    );
    let mut table = Table::new(&["", "beside it", "the command"]);
    if scale.includes("commands/shop smoke") {
        shop_smoke(&scale, &mut table)?;
    }
    if scale.includes("commands/smoke gate") {
        smoke_gate(&scale, &mut table)?;
    }
    if scale.includes("commands/smoke --help") {
        let rounds = scale.choose(1, 51);
        let mut help: [Subject<'_>; 1] = [Box::new(|| ended(process("smoke").arg("--help")))];
        let times = take_turns(rounds, &mut help)?;
        table.row("`smoke --help`", &[String::new(), millis(&times[0])]);
    }
    page.table(&table);
    page.show("commands")
}

fn shop_smoke(scale: &Scale, table: &mut Table) -> Result<()> {
    let tests = scale.choose(10, 1000);
    for (what, sleeps, rounds) in [("do nothing", 0, 51), ("sleep for 1 ms", 1, 11)] {
        let command = |program: &str| {
            let mut command = process(program);
            command.env(TESTS, tests.to_string());
            command.env(SLEEPS, sleeps.to_string());
            command
        };
        let mut mimic = command("libtest-mimic");
        if sleeps > 0 {
            // It would have as many as there are cores.
            mimic.arg(format!("--test-threads={AT_ONCE}"));
        }
        let mut subjects: [Subject<'_>; 2] = [
            Box::new(|| ended(&mut mimic)),
            Box::new(|| ended(&mut command("shop smoke"))),
        ];
        let times = take_turns(scale.choose(1, rounds), &mut subjects)?;
        let name = format!("`shop smoke`, {tests} tests that {what}; libtest-mimic");
        let (by_mimic, ours) = (&times[0], &times[1]);
        table.row(&name, &[millis(by_mimic), beside(ours, by_mimic)]);
    }
    Ok(())
}

/// The smoke tests of an application, by its command.
fn shop(tests: usize, sleeps: usize) -> ExitCode {
    if sleeps == 0 {
        return smoke_cli::main(registry(tests));
    }
    let all = Registry::new().limits(limits(AT_ONCE));
    smoke_cli::main((0..tests).fold(all, |registry, at| {
        registry.test(Test::new(format!("bench::sleeps_{at}"), move || {
            sleep(sleeps);
        }))
    }))
}

/// The same closures as tests of libtest-mimic.
fn mimic(tests: usize, sleeps: usize) -> ExitCode {
    let trial = |at| {
        Trial::test(format!("bench::test_{at}"), move || {
            match sleeps {
                0 => async {}.now_or_never().unwrap_or_default(),
                _ => sleep(sleeps),
            }
            Ok(())
        })
    };
    let trials = (0..tests).map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn sleep(millis: usize) {
    thread::sleep(Duration::from_millis(millis as u64));
}

fn smoke_gate(scale: &Scale, table: &mut Table) -> Result<()> {
    let replicas = scale.choose(3, 200);
    let runtime = Runtime::new()?;
    let started = (0..replicas).map(|at| runtime.block_on(replica(at)));
    let addresses = started.collect::<Result<Vec<_>>>()?;
    let urls = addresses.iter().map(|address| format!("http://{address}"));
    let urls: Vec<_> = urls.collect();
    let mut gate: [Subject<'_>; 1] = [Box::new(|| {
        let mut gate = process("smoke");
        gate.args(["gate", "-q", "--pause", "0s", "--build", BUILD])
            .args(["--jobs", &JOBS.to_string()])
            .args(&urls);
        ended(&mut gate)
    })];
    let times = &take_turns(scale.choose(1, 11), &mut gate)?[0];
    let ideal = NAP * 2 * u32::try_from(replicas.div_ceil(JOBS))?;
    let ratio = times.median().as_secs_f64() / ideal.as_secs_f64();
    let name = format!("`smoke gate`, {replicas} replicas; at best");
    let cell = format!("{} (**{ratio:.2}**)", millis(times));
    table.row(&name, &[figure(ideal), cell]);
    Ok(())
}

/// Starts one, and returns where it listens.
async fn replica(at: usize) -> Result<SocketAddr> {
    let naps = Test::new("shop::naps", async || tokio::time::sleep(NAP).await);
    let registry = Registry::new()
        .test(naps.instance())
        .build_id(BUILD)
        .instance(format!("web-{at}"))
        .open();
    let app = Router::new().layer(SmokeLayer::new(registry));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// This file, as that program.
fn process(program: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap_or_default());
    command.env(PROGRAM, program);
    command
}

/// How long it takes to its end, which is a good one, with its output read from pipes.
fn ended(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null());
    timed(|| {
        let ended = command.output().context("failed to start a process")?;
        ensure!(ended.status.success(), "{command:?}: {ended:?}");
        Ok(())
    })
}

/// What the process that starts this one says.
fn number(variable: &str) -> usize {
    let said = env::var(variable).ok();
    said.and_then(|said| said.parse().ok()).unwrap_or_default()
}
