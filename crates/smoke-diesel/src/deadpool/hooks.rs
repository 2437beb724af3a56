//! What happens at each check-out.

use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::{Hook, HookError};
use smoke_core::RollbackVerdict;
use smoke_core::rollback::acting::is_session;
use smoke_core::rollback::postgres::{has_ended, still_inside};

use super::Connection;
use crate::dialect::{Dialect, PostgresDialect, Terms};
use crate::gate::{Gate, Refusal};
use crate::steps::asynchronous::end_nested;
use crate::verdict::text;

/// Hands the connection out inside the transaction only.
pub(super) fn check(gate: Arc<Gate>, terms: Arc<Terms>) -> Hook<Connection> {
    Hook::async_fn(move |connection, _| {
        let (gate, terms) = (Arc::clone(&gate), Arc::clone(&terms));
        Box::pin(async move {
            if is_session() {
                return Ok(());
            }
            inside(connection, &gate, &terms)
                .await
                .map_err(|refusal| HookError::message(refusal.to_string()))
        })
    })
}

async fn inside(connection: &mut Connection, gate: &Gate, terms: &Terms) -> Result<(), Refusal> {
    end_nested(connection).await;
    let checked = connection.batch_execute(&still_inside(terms)).await;
    match checked {
        Err(error) if has_ended(terms, &text(&error)) => {
            // RESET ALL too takes the mark away that was looked for; the guard knows better.
            let guard = format!("ROLLBACK TO SAVEPOINT {}", terms.guard);
            gate.find(match connection.batch_execute(&guard).await {
                Ok(()) => RollbackVerdict::Unknown {
                    cause: "the application has reset the settings of the sandbox's transaction (RESET ALL)"
                        .to_owned(),
                },
                Err(_) => RollbackVerdict::Escaped {
                    how: "another transaction, or none, was met at a check-out".to_owned(),
                    at: None,
                },
            });
            Err(Refusal::Closed)
        }
        Err(error) if PostgresDialect::is_lost(&error) => {
            gate.lose(text(&error));
            Err(Refusal::Lost)
        }
        // An SQL error has aborted the transaction, and whoever uses it will hear of that.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Counts the check-outs.
pub(super) fn count(gate: Arc<Gate>) -> Hook<Connection> {
    Hook::sync_fn(move |_, _| {
        if !is_session() {
            gate.checked_out();
        }
        Ok(())
    })
}
