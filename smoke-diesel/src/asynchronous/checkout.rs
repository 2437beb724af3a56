//! What happens at each check-out.

use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::RecyclingMethod;
use futures_util::FutureExt;
use smoke_core::rollback::acting::is_session;

use super::Connection;
use crate::dialect::Terms;
use crate::gate::{Gate, Refusal};
use crate::steps::asynchronous::end_nested;

/// Hands the connection out inside the transaction only, and counts that.
pub(super) fn check<C: Connection>(gate: Arc<Gate>, terms: Arc<Terms>) -> RecyclingMethod<C> {
    RecyclingMethod::CustomFunction(Box::new(move |connection| {
        let (gate, terms) = (Arc::clone(&gate), Arc::clone(&terms));
        async move {
            if is_session() {
                return Ok(());
            }
            let turn = gate.queue().turn();
            let inside = if gate.is_closed() {
                Err(Refusal::Closed)
            } else {
                end_nested(connection).await;
                let _aside = gate.witness().look_aside();
                connection.inside(&terms, &gate).await
            };
            inside.map_err(|refusal| {
                let said = Box::new(refusal.to_string());
                Error::DatabaseError(DatabaseErrorKind::Unknown, said)
            })?;
            gate.checked_out();
            turn.take();
            Ok(())
        }
        .boxed()
    }))
}
