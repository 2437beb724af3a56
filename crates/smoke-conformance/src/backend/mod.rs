//! What every rollback backend has to show.

mod app;
mod bench;
mod checks;
mod connections;
mod database;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

pub use database::{Database, Dialect, Shows};

use bench::Bench;

/// How long one check may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(180);

/// How many checks there are.
pub const CHECKS: usize = 19;

/// Has a backend show everything that its contract asks for.
///
/// The suite makes a table of its own, `smoke_conformance`, and drops it at the end.
///
/// # Panics
///
/// When a check does not hold: the message names each one and what was found.
pub async fn check(database: impl Database) {
    let bench = match Bench::new(database).await {
        Ok(bench) => bench,
        Err(error) => panic!("the table for the suite cannot be made: {error}"),
    };
    let mut wrong = Vec::new();
    for (name, checking) in checks::all(&bench) {
        let checking = tokio::time::timeout(PATIENCE, AssertUnwindSafe(checking).catch_unwind());
        let found = match checking.await {
            Ok(found) => found.unwrap_or_else(|_| Err("it panicked".to_owned())),
            Err(_) => Err(format!("it did not end within {PATIENCE:?}")),
        };
        let left = bench.clean().await;
        if let Err(problem) = found.and(left) {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    bench.drop_table().await;
    assert!(
        wrong.is_empty(),
        "the backend does not conform:\n  {}",
        wrong.join("\n  ")
    );
}
