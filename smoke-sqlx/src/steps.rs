//! The steps of a session on its connection.

use smoke_core::RollbackVerdict;
use smoke_core::rollback::absent::finished;
use smoke_core::rollback::gate::lock;
use smoke_core::rollback::savepoints::{Attempt, Ending, Entering, Leaving};
use smoke_core::rollback::{mysql, redact};
use sqlx::Error;

use crate::database::{Database, Fault, fault_of};
use crate::levels;
use crate::shared::Shared;
use crate::verdict::{refused, text, too_much, unproven};

/// Proves that the connection is inside the transaction, before it is handed out.
pub(crate) async fn check_out<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> Result<(), RollbackVerdict> {
    expect_levels(connection, shared).await?;
    hear(connection, shared).await;
    let attempts = lock(&shared.savepoints).check_out();
    prove(connection, shared, attempts.into_iter().flatten()).await
}

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) async fn enter<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> Result<(), RollbackVerdict> {
    leave(connection, shared).await?;
    let attempts = lock(&shared.savepoints).enter();
    match attempt::<DB, _>(connection, attempts).await {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, errors)) | Err(errors) => {
            Err(not_proven(connection, shared, &errors).await)
        }
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) async fn leave<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> Result<(), RollbackVerdict> {
    expect_levels(connection, shared).await?;
    hear(connection, shared).await;
    let attempts = lock(&shared.savepoints).leave();
    if let Some(attempts) = attempts {
        prove(connection, shared, attempts).await?;
        lock(&shared.savepoints).left();
    }
    Ok(())
}

/// Asks what went wrong in the application's last statement, before a statement of the session.
async fn hear<DB: Database>(connection: &mut DB::Connection, shared: &Shared<DB>) {
    let Some(outside) = shared.outside() else {
        return;
    };
    if let Some((fault, said)) = DB::last_error(connection, outside).await {
        // What else was sent is not known: a deadlock alone does not say why a transaction ended.
        let fault = match fault {
            Fault::Deadlock => Fault::Busy,
            fault => fault,
        };
        shared.gate.witness().saw(fault, redact(&said).into_owned());
    }
}

/// Proves the guard, has deferred constraints checked and rolls back.
pub(crate) async fn roll_back<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> RollbackVerdict {
    if let Err(verdict) = expect_levels(connection, shared).await {
        return verdict;
    }
    let Some(outside) = shared.outside() else {
        return finished();
    };
    DB::tidy(connection, outside).await;
    let refusal = DB::refusal(connection, outside).await;
    let attempts = DB::end(&lock(&shared.savepoints), outside);
    match attempt::<DB, _>(connection, attempts).await {
        Ok((Ending::RolledBack, _)) => match refusal {
            Some(cause) => RollbackVerdict::Refused { cause },
            None => DB::look_back(connection)
                .await
                .unwrap_or_else(|error| unproven(shared, &[error])),
        },
        Ok((Ending::Refused, errors)) => refused::<DB>(&errors),
        Err(errors) => shared
            .gate
            .find(remarked(shared, unproven(shared, &errors))),
    }
}

/// Fails where sqlx has rolled back more than was begun within the sandbox. The transaction may
/// have survived that.
async fn expect_levels<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
) -> Result<(), RollbackVerdict> {
    if !levels::are_missing::<DB>(connection).await {
        return Ok(());
    }
    let sql = lock(&shared.savepoints).back_to_guard();
    let means = Leaving::Left;
    let survived = Attempt { sql, means };
    prove(connection, shared, [survived]).await?;
    Err(shared.gate.find(too_much()))
}

async fn prove<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
    attempts: impl IntoIterator<Item = Attempt<Leaving>, IntoIter: Send>,
) -> Result<(), RollbackVerdict> {
    match attempt::<DB, _>(connection, attempts).await {
        Ok((Leaving::Left, _)) => Ok(()),
        Ok((Leaving::Aborted, _)) => {
            shared.gate.witness().saw_it_aborted();
            Ok(())
        }
        Err(errors) => Err(not_proven(connection, shared, &errors).await),
    }
}

/// What is found where the guard could not be proven.
async fn not_proven<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
    errors: &[Error],
) -> RollbackVerdict {
    let first = errors.first();
    let verdict = match first.filter(|error| fault_of::<DB>(error) == Fault::NoSavepoints) {
        // The guard was there, and could not be set anew.
        Some(error) if shared.gate.over().is_none() => {
            without_savepoints(connection, shared, error).await
        }
        _ => unproven(shared, errors),
    };
    shared.gate.find(remarked(shared, verdict))
}

/// Rolls back a transaction in which no savepoint can be set any more, since a table of an engine
/// that knows none was read or written to.
async fn without_savepoints<DB: Database>(
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
    error: &Error,
) -> RollbackVerdict {
    let looked = match DB::run(connection, mysql::ROLL_BACK.to_owned()).await {
        Ok(()) => DB::look_back(connection).await,
        Err(error) => Err(error),
    };
    match looked {
        Ok(RollbackVerdict::RolledBack) => mysql::without_savepoints(&text(error)),
        Ok(verdict) => verdict,
        Err(error) => unproven(shared, &[error]),
    }
}

fn remarked<DB: Database>(shared: &Shared<DB>, verdict: RollbackVerdict) -> RollbackVerdict {
    verdict.remarked(shared.outside().and_then(DB::remark))
}

/// Makes one attempt after the other until one succeeds; with the errors of those that failed.
async fn attempt<DB: Database, T: Send>(
    connection: &mut DB::Connection,
    attempts: impl IntoIterator<Item = Attempt<T>, IntoIter: Send>,
) -> Result<(T, Vec<Error>), Vec<Error>> {
    let mut errors = Vec::new();
    for Attempt { sql, means } in attempts {
        match DB::run(connection, sql).await {
            Ok(()) => return Ok((means, errors)),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
