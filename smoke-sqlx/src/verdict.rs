//! What to make of statements that failed.

use std::sync::Arc;

use smoke_core::RollbackVerdict;
use smoke_core::rollback::fault::exhausted;
use smoke_core::rollback::redact;
use sqlx::Error;

use crate::database::{Database, Fault, Options, fault_of};
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

/// What explains that a test did not pass, where it is its error; sqlx tells nobody of those that
/// handlers get.
pub(crate) fn explain<DB: Database>(
    shared: &Shared<DB>,
    error: &smoke_core::Error,
) -> Option<RollbackVerdict> {
    match of_sqlx(error)? {
        Error::PoolTimedOut => Some(exhausted()),
        error => {
            let witness = shared.gate.witness();
            witness.name(fault_of::<DB>(error), text(error))
        }
    }
}

/// The error of sqlx that is the test's, or its cause.
pub(crate) fn of_sqlx(error: &smoke_core::Error) -> Option<&Error> {
    let counted = || error.downcast_ref::<Arc<Error>>().map(|error| &**error);
    error.downcast_ref::<Error>().or_else(counted)
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

/// What the driver said, without passwords.
pub(crate) fn text(error: &Error) -> String {
    redact(&error.to_string()).into_owned()
}
