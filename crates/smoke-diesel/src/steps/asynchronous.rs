//! The steps on a connection of diesel-async.

use diesel::result::Error as SqlError;
use diesel_async::{AsyncConnection, TransactionManager};
use smoke_core::RollbackVerdict;

use crate::dialect::Dialect;
use crate::gate::Gate;
use crate::savepoints::{Attempt, Ending, Entering, Savepoints};
use crate::verdict::{aborted, refused, unproven};

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) async fn enter<D: Dialect, C: AsyncConnection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    leave::<D, C>(connection, gate, savepoints).await?;
    match attempt(connection, gate, savepoints.enter()).await {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, _)) => {
            savepoints.left();
            Err(aborted())
        }
        Err(errors) => Err(gate.find(unproven::<D>(gate, &errors))),
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) async fn leave<D: Dialect, C: AsyncConnection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    end_nested(connection).await;
    if let Some(attempts) = savepoints.leave() {
        attempt(connection, gate, attempts)
            .await
            .map_err(|errors| gate.find(unproven::<D>(gate, &errors)))?;
        savepoints.left();
    }
    Ok(())
}

/// Proves the guard, has deferred constraints checked and rolls back.
pub(crate) async fn roll_back<D: Dialect, C: AsyncConnection>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &Savepoints,
) -> RollbackVerdict {
    end_nested(connection).await;
    match attempt(connection, gate, D::end(savepoints, gate.is_sealed())).await {
        Ok((Ending::RolledBack, _)) => RollbackVerdict::RolledBack,
        Ok((Ending::Refused, errors)) => refused::<D>(&errors),
        Err(errors) => unproven::<D>(gate, &errors),
    }
}

/// Rolls back the nested transactions whose futures were dropped before they ended. The
/// application's pool would discard such a connection, which rolls them back too.
pub(crate) async fn end_nested<C: AsyncConnection>(connection: &mut C) {
    while matches!(
        C::TransactionManager::transaction_manager_status_mut(connection).transaction_depth(),
        Ok(Some(depth)) if depth.get() > 1
    ) {
        if C::TransactionManager::rollback_transaction(connection)
            .await
            .is_err()
        {
            break;
        }
    }
}

/// Makes one attempt after the other until one succeeds; with the errors of those that failed.
async fn attempt<C: AsyncConnection, T: Send>(
    connection: &mut C,
    gate: &Gate,
    attempts: impl IntoIterator<Item = Attempt<T>, IntoIter: Send>,
) -> Result<(T, Vec<SqlError>), Vec<SqlError>> {
    let mut errors = Vec::new();
    for Attempt { sql, means } in attempts {
        let aside = gate.witness().look_aside();
        let ran = connection.batch_execute(&sql).await;
        drop(aside);
        match ran {
            Ok(()) => return Ok((means, errors)),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
