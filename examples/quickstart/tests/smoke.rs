//! The smoke tests as tests, each by its own name, on a database of their own.

use std::process::ExitCode;

use anyhow::Result;
use smoke_axum::smoke_core::logs;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // A test that fails shows what was logged.
    tracing_subscriber::registry().with(logs::layer()).init();
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("users.sqlite3");
    let runner = quickstart::runner_on(database.to_string_lossy().into_owned())?;
    Ok(smoke_cli::harness(runner))
}
