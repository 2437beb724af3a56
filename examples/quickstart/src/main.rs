//! `cargo run -p quickstart` serves, and `cargo run -p quickstart -- smoke` runs the smoke tests.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser;
use smoke_axum::smoke_core::logs;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// A small service that carries its own smoke tests
#[derive(Parser)]
struct Quickstart {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Serves users and notes, and the smoke tests at /smoketest/; what it does unless told otherwise
    Serve,
    /// Runs the smoke tests and rolls back what they wrote
    Smoke(smoke_cli::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Quickstart::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => {
            log("info");
            quickstart::serve().await.map(|()| ExitCode::SUCCESS)
        }
        Command::Smoke(args) => {
            // The report says what the tests found.
            log("error");
            quickstart::smoke(args).await
        }
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Logs to standard error, from that level on where `RUST_LOG` does not say otherwise. What a smoke test logs
/// that fails stands in its report, too.
fn log(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let shown = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_filter(filter);
    tracing_subscriber::registry()
        .with(shown)
        .with(logs::layer().with_filter(LevelFilter::INFO))
        .init();
}
