//! What to make of statements that failed.

use std::borrow::Cow;

use diesel::result::Error;
use smoke_core::RollbackVerdict;
use smoke_core::rollback::Fault;
use smoke_core::rollback::fault::of_connecting;
use smoke_core::rollback::postgres::REFUSED;

use crate::dialect::Dialect;
use crate::gate::Gate;
use smoke_core::rollback::redact;

/// The verdict where every attempt to prove the guard has failed, with the error of each.
pub(crate) fn unproven<D: Dialect>(gate: &Gate, errors: &[Error]) -> RollbackVerdict {
    if let Some(verdict) = gate.over() {
        return verdict;
    }
    let said = |error: Option<&Error>| error.map_or_else(String::new, text);
    // A connection that is ended says so once, and from then on only that it is closed.
    if errors.iter().any(D::is_lost) {
        return RollbackVerdict::ConnectionLost {
            cause: said(errors.first()),
        };
    }
    let mut how = said(errors.first());
    if gate.is_sealed() {
        how = format!("{how}; {REFUSED}");
    }
    let escaped = RollbackVerdict::Escaped { how, at: None };
    gate.witness().read(escaped)
}

/// The verdict where the transaction was rolled back, but a commit would have been refused.
pub(crate) fn refused<D: Dialect>(errors: &[Error]) -> RollbackVerdict {
    let cause = errors.last().map_or_else(String::new, text);
    match errors.last().map(D::read) {
        Some(Fault::Busy) => RollbackVerdict::Contended { cause },
        _ => RollbackVerdict::Refused { cause },
    }
}

/// The verdict where the connection is in no transaction when it is about to be handed out.
pub(crate) fn met_no_transaction() -> RollbackVerdict {
    RollbackVerdict::Escaped {
        how: "another transaction, or none, was met at a check-out".to_owned(),
        at: None,
    }
}

/// The error of a transaction that could not be begun, or of the set-up before it.
pub(crate) fn not_begun<D: Dialect>(error: &Error) -> smoke_core::Error {
    not_opened(D::read(error), text(error))
}

/// The error of a connection that could not be made to that URL, as far as it is known; what the
/// driver said.
pub(crate) fn not_connected<D: Dialect>(said: &str, url: Option<&str>) -> smoke_core::Error {
    let said = &*url.map_or(said.into(), |url| Cow::from(D::explained(said, url)));
    let fault = match D::read_message(said) {
        Fault::Other => of_connecting(said),
        fault => fault,
    };
    not_opened(fault, redact(said).into_owned())
}

fn not_opened(fault: Fault, cause: String) -> smoke_core::Error {
    match fault.at_opening(cause.clone()) {
        Some(verdict) => verdict.into(),
        None => smoke_core::Error::msg(cause),
    }
}

/// Where an SQL error outside of a request has aborted the transaction.
pub(crate) fn aborted() -> RollbackVerdict {
    RollbackVerdict::Refused {
        cause: "an SQL error outside of a request has aborted the transaction; \
                put a statement that is expected to fail into a transaction() of its own, which is a savepoint here"
            .to_owned(),
    }
}

/// Says that a connection could not be ended from outside.
pub(crate) fn not_cut(why: &str) {
    tracing::error!(
        target: "smoke",
        "a sandbox's connection could not be ended from outside ({why}); the server's own limits remain",
    );
}

/// What the driver said, on one line and without passwords.
pub(crate) fn text(error: &Error) -> String {
    redact(&error.to_string()).into_owned()
}
