//! The steps of a session on its connection.

use smoke_core::RollbackVerdict;

use crate::acting::is_session;
use crate::gate::Refusal;
use crate::savepoints::{Attempt, Ending, Entering, Leaving, Savepoints};
use crate::verdict::{aborted, refused, too_much, unproven};
use crate::{Dialect, Fault, Link, Sandbox};

/// Proves that the connection is inside the transaction, before the pool hands it out, and counts
/// that. What the session takes itself ([`acting`](crate::acting)) is neither proven nor counted.
///
/// # Errors
///
/// When it is not inside, or nothing is to be handed out any more: the pool has to close the
/// connection then.
pub async fn check_out<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> Result<(), Refusal> {
    if is_session() {
        return Ok(());
    }
    let turn = sandbox.gate().queue().turn();
    prove_inside(sandbox, connection).await?;
    sandbox.gate().checked_out();
    turn.take();
    Ok(())
}

async fn prove_inside<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> Result<(), Refusal> {
    let gate = sandbox.gate();
    if gate.is_closed() || gate.over().is_some() {
        return Err(Refusal::Closed);
    }
    let attempts = sandbox.savepoints().check_out();
    if attempts.is_some() {
        hear(sandbox, connection).await;
    }
    let checked = async {
        expect_levels(sandbox, connection).await?;
        prove(sandbox, connection, attempts.into_iter().flatten()).await
    };
    if checked.await.is_err() {
        return Err(Refusal::Closed);
    }
    // Nobody has had it since it was proven.
    if gate.checkouts() > 0 {
        let _aside = gate.witness().look_aside();
        L::Dialect::look_inside(sandbox, connection).await;
    }
    match gate.over() {
        None => Ok(()),
        Some(RollbackVerdict::ConnectionLost { .. }) => Err(Refusal::Lost),
        Some(_) => Err(Refusal::Closed),
    }
}

impl<L: Link> Sandbox<L> {
    /// Looks at a connection that leaves its pool. Its last holder may have ended the transaction before
    /// the connection broke: that is an escape.
    pub async fn look_once_more(&self, connection: &mut L::Connection) {
        if self.gate().is_closed() || self.gate().over().is_some() {
            return;
        }
        if let Err(error) = L::run(connection, &Savepoints::back_to_guard()).await {
            let verdict = self.remarked(unproven(self, &[error]));
            if let RollbackVerdict::Escaped { .. } = verdict {
                self.gate().find(verdict);
            }
        }
    }
}

/// Sets the savepoint of a request, after ending that of one that was given up.
pub(crate) async fn enter<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> Result<(), RollbackVerdict> {
    leave(sandbox, connection).await?;
    let attempts = sandbox.savepoints().enter();
    match attempt(sandbox, connection, attempts).await {
        Ok((Entering::Entered, _)) => Ok(()),
        Ok((Entering::Aborted, _)) => {
            sandbox.savepoints().left();
            Err(aborted())
        }
        Err(errors) => Err(not_proven(sandbox, connection, &errors).await),
    }
}

/// Ends the savepoint of the request that was entered, if any, and proves the guard.
pub(crate) async fn leave<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> Result<(), RollbackVerdict> {
    hear(sandbox, connection).await;
    expect_levels(sandbox, connection).await?;
    let attempts = sandbox.savepoints().leave();
    if let Some(attempts) = attempts {
        prove(sandbox, connection, attempts).await?;
        sandbox.savepoints().left();
    }
    Ok(())
}

/// Proves the guard, has deferred constraints checked, rolls back, and looks for what was not rolled
/// back.
pub(crate) async fn roll_back<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> RollbackVerdict {
    if let Err(verdict) = expect_levels(sandbox, connection).await {
        return verdict;
    }
    let mut refusal = None;
    if let Some(outside) = sandbox.outside() {
        let _aside = sandbox.gate().witness().look_aside();
        L::Dialect::tidy::<L>(connection, outside).await;
        refusal = L::Dialect::refusal(outside);
    }
    let attempts = L::Dialect::end(sandbox, &sandbox.savepoints());
    match attempt(sandbox, connection, attempts).await {
        Ok((Ending::RolledBack, _)) => {
            sandbox.note_rollback();
            let _aside = sandbox.gate().witness().look_aside();
            match (refusal, L::Dialect::look_back::<L>(connection).await) {
                (Some(cause), _) => RollbackVerdict::Refused { cause },
                (None, Ok(verdict)) => verdict,
                (None, Err(error)) => RollbackVerdict::Unknown {
                    cause: L::said(&error),
                },
            }
        }
        Ok((Ending::Refused, errors)) => refused::<L>(&errors),
        Err(errors) => not_proven(sandbox, connection, &errors).await,
    }
}

/// Asks what went wrong in the application's last statement, before one of the session's.
async fn hear<L: Link>(sandbox: &Sandbox<L>, connection: &mut L::Connection) {
    let witness = sandbox.gate().witness();
    witness.ask();
    let Some(outside) = sandbox.outside() else {
        return;
    };
    let last = {
        let _aside = witness.look_aside();
        L::last_error(connection, outside).await
    };
    if let Some((fault, said)) = last {
        // Where nobody hears what is sent, a deadlock alone does not say why a transaction ended.
        let fault = match fault {
            Fault::Deadlock if !L::HEARS_STATEMENTS => Fault::Busy,
            fault => fault,
        };
        witness.saw(fault, said);
    }
}

/// Fails where the library has rolled back more than was begun within the sandbox. The transaction
/// may have survived that.
async fn expect_levels<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
) -> Result<(), RollbackVerdict> {
    if L::unnest(connection).await {
        return Ok(());
    }
    let survived = Attempt {
        sql: Savepoints::back_to_guard(),
        means: Leaving::Left,
    };
    prove(sandbox, connection, [survived]).await?;
    Err(sandbox.gate().find(too_much()))
}

async fn prove<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
    attempts: impl IntoIterator<Item = Attempt<Leaving>, IntoIter: Send> + Send,
) -> Result<(), RollbackVerdict> {
    let mut attempts = attempts.into_iter().peekable();
    if attempts.peek().is_none() {
        return Ok(());
    }
    match attempt(sandbox, connection, attempts).await {
        Ok((Leaving::Left, _)) => Ok(()),
        Ok((Leaving::Aborted, _)) => {
            sandbox.gate().witness().saw_it_aborted();
            Ok(())
        }
        Err(errors) => Err(not_proven(sandbox, connection, &errors).await),
    }
}

/// What is found where the guard could not be proven.
async fn not_proven<L: Link>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
    errors: &[L::Error],
) -> RollbackVerdict {
    let gate = sandbox.gate();
    let first = errors.first();
    let verdict = match first.filter(|error| L::read(error) == Fault::NoSavepoints) {
        // The guard was there, and could not be set anew.
        Some(error) if gate.over().is_none() => {
            let _aside = gate.witness().look_aside();
            let looked = L::Dialect::without_savepoints::<L>(connection, L::said(error)).await;
            looked.unwrap_or_else(|error| unproven(sandbox, &[error]))
        }
        _ => unproven(sandbox, errors),
    };
    gate.find(sandbox.remarked(verdict))
}

/// Makes one attempt after the other until one succeeds; with the errors of those that failed.
async fn attempt<L: Link, T: Send>(
    sandbox: &Sandbox<L>,
    connection: &mut L::Connection,
    attempts: impl IntoIterator<Item = Attempt<T>, IntoIter: Send>,
) -> Result<(T, Vec<L::Error>), Vec<L::Error>> {
    let mut errors = Vec::new();
    for Attempt { sql, means } in attempts {
        let aside = sandbox.gate().witness().look_aside_and_listen();
        let ran = L::run(connection, &sql).await;
        drop(aside);
        match ran {
            Ok(()) => return Ok((means, errors)),
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}
