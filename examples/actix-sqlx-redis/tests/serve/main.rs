//! The service as its users meet it: a process that answers HTTP.

#![expect(clippy::unwrap_used, reason = "tests")]

mod environment;
mod mail_service;
mod shop;
mod smoke;
mod visitor;

use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_actix-sqlx-redis");

/// Longer than anything here takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
