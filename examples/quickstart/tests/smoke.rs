//! The smoke tests as tests, each by its own name, on a database of their own.

use std::process::ExitCode;

use anyhow::Result;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("users.sqlite3");
    let runner = quickstart::runner_on(database.to_string_lossy().into_owned())?;
    Ok(smoke_cli::harness(runner))
}
