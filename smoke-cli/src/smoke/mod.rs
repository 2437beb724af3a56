//! The program `smoke`, which asks services from outside.

mod ask;
mod client;
mod connection;
mod gate;
mod replica;
mod resolve;
mod said;
mod target;
mod tls;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::Exit;
use crate::output::say;

/// Asks services for their smoke tests
#[derive(Debug, Parser)]
#[command(name = "smoke", version)]
struct Smoke {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ask(ask::Ask),
    Gate(gate::Gate),
}

/// The whole program.
#[must_use]
pub fn smoke() -> ExitCode {
    let smoke = match Smoke::try_parse() {
        Ok(smoke) => smoke,
        Err(said) => {
            // The help, too. Whoever does not read it does not want it.
            let _ = said.print();
            let is_help = !said.use_stderr();
            return if is_help { Exit::Pass } else { Exit::Usage }.into();
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let exit = match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(async {
                match smoke.command {
                    Command::Ask(ask) => ask.carry_out().await,
                    Command::Gate(gate) => gate.carry_out().await,
                }
            });
            // The system's resolver may be at work for a name still.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            say(&format!("failed to start a runtime: {error}"));
            Exit::Unknown
        }
    };
    exit.into()
}
