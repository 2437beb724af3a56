//! What the errors of diesel mean.

use diesel::result::{DatabaseErrorKind, Error};
use smoke_core::rollback::redact;
use smoke_core::{Clue, RollbackVerdict};
use smoke_rollback::dialect::Dialect;
use smoke_rollback::{Fault, Found};

/// What an error means. diesel keeps most codes to itself.
pub(crate) fn read<D: Dialect>(error: &Error) -> Fault {
    use DatabaseErrorKind::{
        ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand,
    };
    match error {
        Error::DatabaseError(UnableToSendCommand | ClosedConnection, _) => Fault::Lost,
        Error::DatabaseError(SerializationFailure, said) => {
            // MySQL's deadlocks come as this kind, too.
            match D::read_message(said.message()) {
                Fault::Deadlock => Fault::Deadlock,
                _ => Fault::Busy,
            }
        }
        Error::DatabaseError(ReadOnlyTransaction, _) => Fault::ReadOnly,
        Error::DatabaseError(_, said) => D::read_message(said.message()),
        _ => Fault::Other,
    }
}

/// What the driver said, on one line and without passwords.
pub(crate) fn said(error: &Error) -> String {
    redact(&error.to_string()).into_owned()
}

/// An error that says that.
pub(crate) fn failure(why: &str) -> Error {
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(why.to_owned()))
}

/// What an error of the test, or one within it, says.
pub(crate) fn find<D: Dialect>(clue: Clue<'_>) -> Option<Found> {
    match clue {
        Clue::Error(error) => match error.downcast_ref::<Error>()? {
            Error::AlreadyInTransaction => Some(inside_already()),
            error => Some(Found::Fault(read::<D>(error), said(error))),
        },
        Clue::Text(said) => {
            let is_that = said.contains(&Error::AlreadyInTransaction.to_string());
            is_that.then(inside_already)
        }
    }
}

fn inside_already() -> Found {
    Found::Verdict(RollbackVerdict::Limit {
        cause: "the application began a transaction of a kind of its own (build_transaction(), immediate_transaction()), \
                and a sandbox is inside one already; use transaction() there, or keep the handler out of the smoke tests"
            .to_owned(),
    })
}
