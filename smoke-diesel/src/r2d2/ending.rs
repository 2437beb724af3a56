//! The end of a sandbox, on the thread that has its connection.

use smoke_core::RollbackVerdict;

use super::connection::{Connection, Outside};
use crate::gate::Gate;
use crate::savepoints::Savepoints;
use crate::steps::blocking;
use crate::verdict::text;

/// Rolls back, and looks for what was not rolled back.
pub(crate) fn roll_back<C: Connection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &Savepoints,
    outside: &C::Outside,
) -> RollbackVerdict {
    let refusal = outside.refusal();
    match blocking::roll_back(connection, gate, savepoints) {
        RollbackVerdict::RolledBack => match (refusal, connection.look_back()) {
            (Some(cause), _) => RollbackVerdict::Refused { cause },
            (None, Ok(verdict)) => verdict,
            (None, Err(error)) => RollbackVerdict::Unknown {
                cause: text(&error),
            },
        },
        verdict => verdict.remarked(outside.remark()),
    }
}
