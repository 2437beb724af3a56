//! The command: from its arguments to its exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use smoke_core::{Runner, Test};
use tokio::sync::oneshot;

use crate::args::Args;
use crate::course::carry_out;
use crate::exit::Exit;
use crate::output::{Format, say};
use crate::process::{failed_to, listening, on_a_runtime, refused};
use crate::{labels, list, report};

/// Runs the smoke tests that `args` select, and reports them: progress on standard error, the
/// report on standard output. What is returned says how it went: see [the codes](crate#exit-codes).
///
/// It starts no schedule, and needs no runtime of a certain kind: it works on a thread of its own.
/// The first Ctrl-C ends the run early: tests that run go on to their end, and no more are started.
/// The second, and SIGTERM, shut the runner down at once; what the tests wrote is rolled back then,
/// too. From the first call on these signals do not end the process any more by themselves.
///
/// # Examples
///
/// ```no_run
/// use clap::Parser;
/// use smoke_core::{Registry, Runner};
/// use std::process::ExitCode;
///
/// #[derive(Parser)]
/// enum Shop {
///     /// Serves the shop
///     Serve,
///     /// Runs the smoke tests and rolls back what they wrote
///     Smoke(smoke_cli::Args),
/// }
///
/// # async fn serve(runner: &Runner) -> ExitCode { ExitCode::SUCCESS }
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     let shop = Shop::parse();
///     let runner = Runner::new(Registry::discover());
///     match shop {
///         Shop::Serve => serve(&runner).await,
///         Shop::Smoke(args) => smoke_cli::run(&runner, args).await,
///     }
/// }
/// ```
pub async fn run(runner: &Runner, args: Args) -> ExitCode {
    let (told, ended) = oneshot::channel();
    let runner = runner.clone();
    let work = move || {
        // Nobody waits any more where the future was dropped.
        let _ = told.send(blocking(&runner, &args));
    };
    let exit = match std::thread::Builder::new()
        .name("smoke-cli".to_owned())
        .spawn(work)
    {
        Ok(_) => ended.await.unwrap_or(Exit::Unknown),
        Err(error) => failed_to("start a thread", &error),
    };
    exit.into()
}

/// The same, on this thread, which must not be one of a runtime.
pub(crate) fn blocking(runner: &Runner, args: &Args) -> Exit {
    on_a_runtime(command(runner, args))
}

async fn command(runner: &Runner, args: &Args) -> Exit {
    if let Some(problem) = labels::problem(runner, args.labels.iter().chain(&args.skip)) {
        return refused(&problem);
    }
    if args.list {
        return listed(runner, args);
    }
    let file = match args.output.open() {
        Ok(file) => file,
        Err(problem) => return refused(&problem),
    };
    let mut signals = match listening() {
        Ok(signals) => signals,
        Err(exit) => return exit,
    };
    let (answer, stopped) = carry_out(runner, args, &mut signals).await;
    let exit = stopped.map_or_else(|| Exit::of(&answer.report), Exit::Stopped);
    let render = |format| report::render(&answer.report, answer.started, format);
    args.output.tell(file, exit, &mut signals, render).await
}

fn listed(runner: &Runner, args: &Args) -> Exit {
    let tests: Vec<&Test> = match runner.selected(&args.selection()) {
        Ok(tests) => tests,
        Err(error) => {
            say(&error.to_string());
            return Exit::Unknown;
        }
    };
    let said = match args.output.format {
        Format::Human | Format::Text => Ok(list::text(&tests, args.verbose > 0)),
        Format::Json => list::json(&tests).map_err(io::Error::other),
        Format::Junit => {
            return refused("--list has no JUnit form: use human, text or json");
        }
    };
    let mut out = io::stdout().lock();
    let written = said.and_then(|said| out.write_all(said.as_bytes()));
    match written.and_then(|()| out.flush()) {
        Ok(()) => Exit::Pass,
        Err(error) => failed_to("write the list", &error),
    }
}
