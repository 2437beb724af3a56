//! What the errors of sqlx mean.

use std::error::Error as StdError;
use std::sync::Arc;

use smoke_core::{Clue, RollbackVerdict};
use smoke_rollback::Found;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::not_opened as opening;
use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::database::{Database, Options, fault_of};
use crate::on_top::OnTop;
use crate::said::{message, plain, text};

/// The error of a transaction that could not be begun, or of the set-up before it.
pub(crate) fn not_opened<DB: Database>(error: &Error) -> smoke_core::Error {
    opening(fault_of::<DB>(error), text(error))
}

/// The error of a connection that could not be made with those options.
pub(crate) fn not_connected<DB: Database>(
    error: &Error,
    options: &Options<DB>,
) -> smoke_core::Error {
    let said = text(error);
    let said = match DB::url(options) {
        Some(url) => DB::Dialect::explained(&said, &url),
        None => said,
    };
    opening(fault_of::<DB>(error), said)
}

/// What an error of the test, or one within it, says.
pub(crate) fn find<DB: Database>(on_top: OnTop, clue: Clue<'_>) -> Option<Found> {
    let error = match clue {
        Clue::Error(error) => error,
        Clue::Text(said) => {
            let is_that = said.contains(&Error::InvalidSavePointStatement.to_string());
            return is_that.then(inside_already);
        }
    };
    match known(on_top, error) {
        Some(Error::InvalidSavePointStatement) => Some(inside_already()),
        Some(error) => Some(Found::Fault(fault_of::<DB>(error), text(error))),
        None => {
            let error = left(error)?;
            Some(Found::Fault(DB::read(error), plain(error)))
        }
    }
}

fn inside_already() -> Found {
    Found::Verdict(RollbackVerdict::Limit {
        cause: "the application called begin_with() (an isolation level, a mode), and a sandbox is inside a transaction already; \
                a handler that needs its own kind of BEGIN cannot run in a sandbox: keep it out of the smoke tests \
                (within a transaction of its own it fails in production, too)"
            .to_owned(),
    })
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
pub(crate) fn has_timed_out(on_top: OnTop, clue: Clue<'_>) -> bool {
    match clue {
        Clue::Error(error) => matches!(known(on_top, error), Some(Error::PoolTimedOut)),
        Clue::Text(said) => {
            let sqlx = Error::PoolTimedOut.to_string();
            let mut all = [Some(&*sqlx), on_top.timed_out].into_iter().flatten();
            all.any(|timed_out| said.contains(timed_out))
        }
    }
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
