//! What happens at each check-out.

use std::sync::Arc;

use smoke_core::HandleToken;
use smoke_core::rollback::acting::is_session;
use sqlx::Error;
use sqlx::pool::PoolOptions;

use crate::database::Database;
use crate::shared::Shared;
use crate::steps;

/// Has the connection handed out inside the transaction only, and counts how often. The token is
/// dropped with the pool.
pub(crate) fn guarded<DB: Database>(
    options: PoolOptions<DB>,
    shared: Arc<Shared<DB>>,
    token: HandleToken,
) -> PoolOptions<DB> {
    let token = Arc::new(token);
    options.before_acquire(move |connection, _| {
        let (shared, _token) = (Arc::clone(&shared), &token);
        Box::pin(async move { check::<DB>(connection, &shared).await })
    })
}

async fn check<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> Result<bool, Error> {
    if is_session() {
        return Ok(true);
    }
    let turn = shared.gate.queue().turn();
    let over = shared.gate.is_closed() || shared.gate.over().is_some();
    if over || steps::check_out(connection, shared).await.is_err() {
        // The pool closes this connection and, being closed itself, connects no other.
        shared.shut();
        return Ok(false);
    }
    shared.gate.checked_out();
    turn.take();
    Ok(true)
}
