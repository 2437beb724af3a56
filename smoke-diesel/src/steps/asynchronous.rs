//! The steps on a connection of diesel-async.

use diesel::result::Error as SqlError;
use diesel_async::{AsyncConnection, TransactionManager};
use smoke_core::RollbackVerdict;
use smoke_core::rollback::{Fault, mysql};

use crate::asynchronous::Connection as Sandboxed;
use crate::dialect::Dialect;
use crate::gate::Gate;
use crate::savepoints::{Attempt, Ending, Entering, Leaving, Savepoints};
use crate::verdict::{aborted, refused, text, unproven};

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) async fn enter<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    leave(connection, gate, savepoints).await?;
    let aside = gate.witness().look_aside();
    connection.forget_error().await;
    drop(aside);
    match attempt(connection, gate, savepoints.enter()).await {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, _)) => {
            savepoints.left();
            Err(aborted())
        }
        Err(errors) => Err(not_proven(connection, gate, &errors).await),
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) async fn leave<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &mut Savepoints,
) -> Result<(), RollbackVerdict> {
    gate.witness().ask();
    end_nested(connection).await;
    if let Some(attempts) = savepoints.leave() {
        let aside = gate.witness().look_aside();
        let last = connection.last_error().await;
        drop(aside);
        if let Some((fault, said)) = last {
            gate.witness().saw(fault, said);
        }
        match attempt(connection, gate, attempts).await {
            Ok((Leaving::Left, _)) => {}
            Ok((Leaving::Aborted, _)) => gate.witness().saw_it_aborted(),
            Err(errors) => return Err(not_proven(connection, gate, &errors).await),
        }
        savepoints.left();
    }
    Ok(())
}

/// Proves the guard, has deferred constraints checked and rolls back.
pub(crate) async fn roll_back<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    savepoints: &Savepoints,
) -> RollbackVerdict {
    end_nested(connection).await;
    match attempt(
        connection,
        gate,
        C::Dialect::end(savepoints, gate.is_sealed()),
    )
    .await
    {
        Ok((Ending::RolledBack, _)) => RollbackVerdict::RolledBack,
        Ok((Ending::Refused, errors)) => refused::<C::Dialect>(&errors),
        Err(errors) => unproven::<C::Dialect>(gate, &errors),
    }
}

/// What is found where the guard could not be proven.
async fn not_proven<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    errors: &[SqlError],
) -> RollbackVerdict {
    let is_without = |error: &&SqlError| C::Dialect::read(error) == Fault::NoSavepoints;
    gate.find(match errors.first().filter(is_without) {
        // The guard was there, and could not be set anew.
        Some(error) if gate.over().is_none() => without_savepoints(connection, gate, error).await,
        _ => unproven::<C::Dialect>(gate, errors),
    })
}

/// Rolls back a transaction in which no savepoint can be set any more, since a table of an engine
/// that knows none was read or written to.
async fn without_savepoints<C: Sandboxed>(
    connection: &mut C,
    gate: &Gate,
    error: &SqlError,
) -> RollbackVerdict {
    let aside = gate.witness().look_aside();
    let looked = match connection.batch_execute(mysql::ROLL_BACK).await {
        Ok(()) => connection.look_back().await,
        Err(error) => Err(error),
    };
    drop(aside);
    match looked {
        Ok(RollbackVerdict::RolledBack) => mysql::without_savepoints(&text(error)),
        Ok(verdict) => verdict,
        Err(error) => unproven::<C::Dialect>(gate, &[error]),
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
