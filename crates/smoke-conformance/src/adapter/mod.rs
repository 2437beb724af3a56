//! What every web stack has to show.

mod bench;
mod checks;
mod gated;
mod planted;
mod scheduled;
mod shop;
mod stack;
mod wire;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

pub use shop::{Broken, Chunks, Shop, Visits};
pub use stack::{Feature, Served, Site, Stack};

use bench::Bench;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is checked, in order: what the message of [`check`] calls each check that does not hold.
pub const CHECKS: &[&str] = checks::NAMES;

/// Has a stack show everything that is expected of an adapter, over real connections and in
/// process.
///
/// # Panics
///
/// When a check does not hold: the message names each one and what was found.
pub async fn check(stack: impl Stack) {
    let bench = Bench::new(stack);
    let mut wrong = Vec::new();
    for (name, checking) in checks::all(&bench) {
        let checking = tokio::time::timeout(PATIENCE, AssertUnwindSafe(checking).catch_unwind());
        let found = match checking.await {
            Ok(found) => found.unwrap_or_else(|_| Err("it panicked".to_owned())),
            Err(_) => Err(format!("it did not end within {PATIENCE:?}")),
        };
        if let Err(problem) = found {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the stack does not conform:\n  {}",
        wrong.join("\n  ")
    );
}
