//! The steps on a connection that blocks.

use diesel::Connection;
use diesel::connection::TransactionManager;
use diesel::result::Error as SqlError;
use smoke_core::RollbackVerdict;

use crate::dialect::Dialect;
use crate::gate::Gate;
use crate::savepoints::{Attempt, Ending, Entering, Savepoints};
use crate::verdict::{aborted, refused, unproven};

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) fn enter<D: Dialect, C: Connection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    leave::<D, C>(connection, gate, savepoints)?;
    match attempt(connection, gate, savepoints.enter()) {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, _)) => {
            savepoints.left();
            Err(aborted())
        }
        Err(errors) => Err(gate.find(unproven::<D>(gate, &errors))),
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) fn leave<D: Dialect, C: Connection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    end_nested(connection);
    if let Some(attempts) = savepoints.leave() {
        attempt(connection, gate, attempts)
            .map_err(|errors| gate.find(unproven::<D>(gate, &errors)))?;
        savepoints.left();
    }
    Ok(())
}

/// Proves the guard, has deferred constraints checked and rolls back.
pub(crate) fn roll_back<D: Dialect, C: Connection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &Savepoints,
) -> RollbackVerdict {
    end_nested(connection);
    match attempt(connection, gate, D::end(savepoints, gate.is_sealed())) {
        Ok((Ending::RolledBack, _)) => RollbackVerdict::RolledBack,
        Ok((Ending::Refused, errors)) => refused::<D>(&errors),
        Err(errors) => unproven::<D>(gate, &errors),
    }
}

/// Rolls back the nested transactions that were begun and never ended. The application's pool
/// would discard such a connection, which rolls them back too.
pub(crate) fn end_nested<C: Connection>(connection: &mut C) {
    while matches!(
        C::TransactionManager::transaction_manager_status_mut(connection).transaction_depth(),
        Ok(Some(depth)) if depth.get() > 1
    ) {
        if C::TransactionManager::rollback_transaction(connection).is_err() {
            break;
        }
    }
}

/// Makes one attempt after the other until one succeeds; with the errors of those that failed.
fn attempt<C: Connection, T>(
    connection: &mut C,
    gate: &Gate,
    attempts: impl IntoIterator<Item = Attempt<T>>,
) -> Result<(T, Vec<SqlError>), Vec<SqlError>> {
    let mut errors = Vec::new();
    for Attempt { sql, means } in attempts {
        let aside = gate.witness().look_aside();
        let ran = connection.batch_execute(&sql);
        drop(aside);
        match ran {
            Ok(()) => return Ok((means, errors)),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
