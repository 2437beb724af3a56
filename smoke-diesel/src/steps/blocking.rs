//! The steps on a connection that blocks.

use diesel::Connection;
use diesel::connection::TransactionManager;
use diesel::result::Error as SqlError;
use smoke_core::RollbackVerdict;
use smoke_core::rollback::{Fault, mysql};

use crate::dialect::Dialect;
use crate::gate::Gate;
use crate::r2d2::Connection as Sandboxed;
use crate::savepoints::{Attempt, Ending, Entering, Leaving, Savepoints};
use crate::verdict::{aborted, refused, text, unproven};

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) fn enter<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    leave(connection, gate, savepoints)?;
    match attempt(connection, gate, savepoints.enter()) {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, _)) => {
            savepoints.left();
            Err(aborted())
        }
        Err(errors) => Err(not_proven(connection, gate, &errors)),
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) fn leave<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    gate.witness().ask();
    end_nested(connection);
    if let Some(attempts) = savepoints.leave() {
        match attempt(connection, gate, attempts) {
            Ok((Leaving::Left, _)) => {}
            Ok((Leaving::Aborted, _)) => gate.witness().saw_it_aborted(),
            Err(errors) => return Err(not_proven(connection, gate, &errors)),
        }
        savepoints.left();
    }
    Ok(())
}

/// Proves the guard, has deferred constraints checked and rolls back.
pub(crate) fn roll_back<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &Savepoints,
) -> RollbackVerdict {
    end_nested(connection);
    match attempt(
        connection,
        gate,
        C::Dialect::end(savepoints, gate.is_sealed()),
    ) {
        Ok((Ending::RolledBack, _)) => RollbackVerdict::RolledBack,
        Ok((Ending::Refused, errors)) => refused::<C::Dialect>(&errors),
        Err(errors) => unproven::<C::Dialect>(gate, &errors),
    }
}

/// What is found where the guard could not be proven.
fn not_proven<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    errors: &[SqlError],
) -> RollbackVerdict {
    let is_without = |error: &&SqlError| C::Dialect::read(error) == Fault::NoSavepoints;
    gate.find(match errors.first().filter(is_without) {
        // The guard was there, and could not be set anew.
        Some(error) if gate.over().is_none() => without_savepoints(connection, gate, error),
        _ => unproven::<C::Dialect>(gate, errors),
    })
}

/// Rolls back a transaction in which no savepoint can be set any more, since a table of an engine
/// that knows none was read or written to.
fn without_savepoints<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    error: &SqlError,
) -> RollbackVerdict {
    let aside = gate.witness().look_aside();
    let looked = match connection.batch_execute(mysql::ROLL_BACK) {
        Ok(()) => connection.look_back(),
        Err(error) => Err(error),
    };
    drop(aside);
    match looked {
        Ok(RollbackVerdict::RolledBack) => mysql::without_savepoints(&text(error)),
        Ok(verdict) => verdict,
        Err(error) => unproven::<C::Dialect>(gate, &[error]),
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
