//! What to make of statements that failed.

use std::error::Error as StdError;
use std::sync::Arc;

use smoke_core::rollback::fault::exhausted;
use smoke_core::rollback::redact;
use smoke_core::{Clue, RollbackVerdict};
use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::database::{Database, Fault, Options, fault_of};
use crate::rollback::OnTop;
use crate::shared::Shared;

/// The verdict where every attempt to prove the guard has failed, with the error of each.
pub(crate) fn unproven<DB: Database>(shared: &Shared<DB>, errors: &[Error]) -> RollbackVerdict {
    if let Some(verdict) = shared.gate.over() {
        return verdict;
    }
    let is = |fault| move |error: &&Error| fault_of::<DB>(error) == fault;
    // A connection that is ended says so once, and from then on only that it is closed.
    if errors.iter().any(|error| is(Fault::Lost)(&error)) {
        RollbackVerdict::ConnectionLost {
            cause: said(errors.first()),
        }
    } else if let Some(error) = errors.iter().find(is(Fault::Ended)) {
        RollbackVerdict::Escaped {
            how: text(error),
            at: None,
        }
    } else if let Some(error) = errors.iter().find(is(Fault::Busy)) {
        RollbackVerdict::Contended { cause: text(error) }
    } else {
        RollbackVerdict::Unknown {
            cause: said(errors.last()),
        }
    }
}

/// The verdict where the transaction was rolled back, but a commit would have been refused.
pub(crate) fn refused<DB: Database>(errors: &[Error]) -> RollbackVerdict {
    let cause = said(errors.last());
    match errors.last().map(fault_of::<DB>) {
        Some(Fault::Busy) => RollbackVerdict::Contended { cause },
        _ => RollbackVerdict::Refused { cause },
    }
}

/// Where sqlx has rolled back more than was begun within the sandbox.
pub(crate) fn too_much() -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: "the application called begin_with() (an isolation level, a mode), or a begin() of its own failed or was given up, \
                and sqlx has then rolled back more than that; \
                a handler that needs its own kind of BEGIN cannot run in a sandbox: keep it out of the tests that write"
            .to_owned(),
    }
}

/// The error of a transaction or a connection that could not be begun, or of the set-up between.
pub(crate) fn not_opened<DB: Database>(error: &Error) -> smoke_core::Error {
    opening::<DB>(error, text(error))
}

fn opening<DB: Database>(error: &Error, cause: String) -> smoke_core::Error {
    match fault_of::<DB>(error).at_opening(cause.clone()) {
        Some(verdict) => verdict.into(),
        None => smoke_core::Error::msg(cause),
    }
}

/// The error of a connection that could not be made with those options.
pub(crate) fn not_connected<DB: Database>(
    error: &Error,
    options: &Options<DB>,
) -> smoke_core::Error {
    opening::<DB>(error, DB::explained(text(error), options))
}

/// What explains that a test did not pass: its error, or what was found out of those that handlers
/// got, of which sqlx tells nobody.
pub(crate) fn explain<DB: Database>(
    shared: &Shared<DB>,
    error: &smoke_core::Error,
) -> Option<RollbackVerdict> {
    let gate = &shared.gate;
    let returned = error.find(|clue| {
        // Other pools say the same of theirs.
        if has_timed_out(shared.on_top, clue) {
            return gate.queue().may_have_been_awaited().then(exhausted);
        }
        let (fault, said) = match clue {
            Clue::Error(error) => match (known(shared.on_top, error), left(error)) {
                (Some(error), _) => (fault_of::<DB>(error), text(error)),
                (None, left) => {
                    let error = left?;
                    (DB::read(error), plain(error))
                }
            },
            Clue::Text(said) => (DB::read_message(said), redact(said).into_owned()),
        };
        gate.witness().name_returned(fault, said)
    });
    returned.or_else(|| gate.witness().explain())
}

/// What the database said, and the same without the line of its source.
pub(crate) fn plainer(on_top: OnTop, error: &smoke_core::Error) -> Option<(String, String)> {
    error.find(|clue| match clue {
        Clue::Error(error) => {
            let known = known(on_top, error).and_then(Error::as_database_error);
            let error = known.or_else(|| left(error))?;
            let (said, plain) = (error.to_string(), message(error));
            (said != plain).then_some((said, plain))
        }
        Clue::Text(_) => None,
    })
}

/// Whether the pool has given no connection in time.
fn has_timed_out(on_top: OnTop, clue: Clue<'_>) -> bool {
    match clue {
        Clue::Error(error) => matches!(known(on_top, error), Some(Error::PoolTimedOut)),
        Clue::Text(said) => {
            let sqlx = Error::PoolTimedOut.to_string();
            let mut all = [Some(&*sqlx), on_top.timed_out].into_iter().flatten();
            all.any(|timed_out| said.contains(timed_out))
        }
    }
}

/// Whether the error of a test is one of sqlx, or has one within.
pub(crate) fn is_of_sqlx(on_top: OnTop, error: &smoke_core::Error) -> bool {
    let found = error.find(|clue| match clue {
        Clue::Error(error) => known(on_top, error).map(drop),
        Clue::Text(_) => None,
    });
    found.is_some()
}

/// The error of sqlx that it is, or has within.
fn known<'e>(on_top: OnTop, error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    let counted = || error.downcast_ref::<Arc<Error>>().map(|error| &**error);
    let itself = error.downcast_ref().or_else(counted);
    itself.or_else(|| (on_top.within)(error))
}

/// What a wrapper that hides an error of sqlx leaves of it: its source.
fn left<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e dyn DatabaseError> {
    let left = error.downcast_ref::<Box<dyn DatabaseError>>();
    left.map(|error| &**error)
}

/// Says that a connection could not be ended from outside.
pub(crate) fn not_cut(why: &str) {
    tracing::error!(
        target: "smoke",
        "a sandbox's connection could not be ended from outside ({}); the server's own limits remain",
        redact(why),
    );
}

fn said(error: Option<&Error>) -> String {
    error.map_or_else(String::new, text)
}

/// What the driver said, without passwords and without a line of the server's source.
pub(crate) fn text(error: &Error) -> String {
    let said = error.to_string();
    redact(&match error.as_database_error() {
        Some(error) => said.replace(&error.to_string(), &message(error)),
        None => said,
    })
    .into_owned()
}

/// The same of what a wrapper leaves of it, in the words of sqlx.
fn plain(error: &dyn DatabaseError) -> String {
    redact(&format!("error returned from database: {}", message(error))).into_owned()
}

/// What the database said. sqlx adds the line of PostgreSQL's source that said it.
fn message(error: &dyn DatabaseError) -> String {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return error.message().to_owned();
    }
    error.to_string()
}
