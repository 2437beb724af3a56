//! The smoke tests without a server.

use std::process::ExitCode;

use anyhow::Result;
use smoke_axum::Runner;

use crate::config::Config;
use crate::smoke::registry;
use crate::{db, worker};

/// Runs the smoke tests that the arguments select, on the service's database.
///
/// # Errors
///
/// What the environment says cannot be used.
pub async fn smoke(args: smoke_cli::Args) -> Result<ExitCode> {
    let runner = runner(&Config::from_env()?)?;
    Ok(smoke_cli::run(&runner, args).await)
}

/// What runs the smoke tests on that database, instead of the one that the environment names.
///
/// Has to be called in a runtime, in which the worker lives.
///
/// # Errors
///
/// What the environment says cannot be used, or that database cannot.
pub fn runner_on(database_url: String) -> Result<Runner> {
    let config = Config {
        database_url,
        ..Config::from_env()?
    };
    runner(&config)
}

fn runner(config: &Config) -> Result<Runner> {
    let pool = db::open(config)?;
    // A test looks at its rounds, so this process has a worker, too.
    let (rounds, _) = worker::start(pool.clone());
    Ok(Runner::new(registry(config, &pool, rounds)))
}
