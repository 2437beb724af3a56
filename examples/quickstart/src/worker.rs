//! What the service does without being asked.

use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::db::{self, Pool};

const ROUND: Duration = Duration::from_secs(2);

/// Counts the rounds of the worker.
pub(crate) type Rounds = watch::Receiver<u64>;

/// Starts the housekeeping, which has SQLite look after its statistics.
///
/// Main starts it, and not the router: the application under test must not have workers.
pub(crate) fn start(pool: Pool) -> (Rounds, JoinHandle<()>) {
    let (counted, rounds) = watch::channel(0);
    let worker = tokio::spawn(async move {
        let mut clock = tokio::time::interval(ROUND);
        loop {
            clock.tick().await;
            let done = db::query(&pool, |connection| {
                diesel::sql_query("PRAGMA optimize").execute(connection)
            });
            match done.await {
                Ok(_) => counted.send_modify(|rounds| *rounds += 1),
                Err(error) => tracing::warn!(?error, "the housekeeping failed"),
            }
        }
    });
    (rounds, worker)
}
