//! The service as it runs: its configuration, its pool, its worker.

use diesel::prelude::*;
use diesel::sql_types::Integer;
use smoke_axum::{Client, Provided, Result, ensure, ensure_eq, ensure_ok, smoke_test};

use super::ProductionPool;
use crate::config::Config;
use crate::worker::Rounds;

/// The database is where it survives a restart. That is this host's own: a failure takes this instance
/// out of traffic.
#[smoke_test(instance)]
async fn the_database_is_a_file(config: Provided<Config>) -> Result {
    let path = config.database_url.trim_start_matches("sqlite://");
    ensure!(std::path::Path::new(path).is_file(), "{path} is not there");
    Ok(())
}

/// The pool still gives connections. The function blocks, so it runs on a thread of its own.
#[smoke_test(timeout = "6s")]
fn the_pool_gives_a_connection(production: Provided<ProductionPool>) -> Result {
    let mut connection = ensure_ok!(production.0.get());
    let one = diesel::select(1.into_sql::<Integer>()).get_result::<i32>(&mut connection)?;
    ensure_eq!(one, 1);
    Ok(())
}

#[smoke_test]
async fn the_health_check_answers(client: Client) -> Result {
    let answer = client.get("/health").send().await?.ensure_status(200)?;
    ensure_eq!(answer.text()?, "OK\n");
    Ok(())
}

/// The worker has not died in silence.
#[smoke_test(slow, timeout = "10s")]
async fn the_worker_makes_its_rounds(rounds: Provided<Rounds>) -> Result {
    let mut rounds = Rounds::clone(&rounds);
    rounds.mark_unchanged();
    tracing::info!("waiting for the worker");
    ensure_ok!(rounds.changed().await, "the worker is gone");
    Ok(())
}

/// Is reported as skipped, so that nobody forgets it.
#[smoke_test(skip = "the mail server has no address for tests yet")]
async fn mail_arrives() {}
