//! A program of its own.

use std::process::ExitCode;

use clap::Parser;
use smoke_core::Runner;

use crate::Args;
use crate::apart::apart;
use crate::exit::Exit;
use crate::process::parsed;
use crate::run::blocking;
use crate::shut_down::shut_down;

/// Runs the smoke tests and rolls back what they wrote
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    args: Args,
}

/// A whole program that runs the smoke tests of a registry, or of a runner: it reads the command
/// line, runs the tests as [`run`](crate::run()) does, and shuts the runner down. What is returned
/// says how it went: see [the codes](crate#exit-codes).
///
/// It may be called on a thread of a runtime, which it blocks.
///
/// # Examples
///
/// ```no_run
/// use smoke_core::Registry;
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     smoke_cli::main(Registry::discover().expect_at_least(5))
/// }
/// ```
pub fn main(runner: impl Into<Runner>) -> ExitCode {
    let program: Program = match parsed() {
        Ok(program) => program,
        Err(exit) => return exit.into(),
    };
    let runner = runner.into();
    let exit = apart(|| blocking(&runner, &program.args));
    shut_down(&runner);
    exit.unwrap_or(Exit::Unknown).into()
}
