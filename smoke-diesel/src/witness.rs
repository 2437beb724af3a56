//! Hearing of the errors that diesel hands on.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};
use diesel::result::Error;
use smoke_core::rollback::fault::exhausted;
use smoke_core::rollback::redact;
use smoke_core::{Clue, RollbackVerdict};

use crate::dialect::Dialect;
use crate::gate::Gate;
use crate::verdict::text;

/// What a sandbox's connection is instrumented with, beside what the application has set for all.
///
/// Where the application instruments the connection itself, nothing is heard.
pub(crate) fn instrumentation<D: Dialect>(gate: Arc<Gate>) -> impl Instrumentation {
    let mut applications = get_default_instrumentation();
    if D::ENDS_ON_ITS_OWN {
        gate.witness().listen();
    }
    move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = &event {
            // What came with rows was told to nobody.
            gate.witness().ask();
        }
        match &event {
            // Not once it has ended: nobody may wait for that.
            InstrumentationEvent::StartQuery { query, .. } if D::ENDS_ON_ITS_OWN => {
                gate.witness().sent(&query.to_string());
            }
            InstrumentationEvent::FinishQuery {
                error: Some(error), ..
            } => hear::<D>(&gate, error),
            _ => {}
        }
        applications.on_connection_event(event);
    }
}

fn hear<D: Dialect>(gate: &Gate, error: &Error) {
    gate.witness().saw(D::read(error), text(error));
}

/// How long the next sandbox has to wait after one that was held for that long.
pub(crate) fn pause<D: Dialect>(gate: &Gate, held: Duration) -> Duration {
    if gate.witness().lets_write() {
        D::pause(held)
    } else {
        Duration::ZERO
    }
}

/// What explains that a test did not pass: what was heard, or else the error of the test,
/// which the pool may know, too, where somebody may have waited for it.
pub(crate) fn explain<D: Dialect>(
    gate: &Gate,
    error: &smoke_core::Error,
    is_exhausted: impl Fn(Clue<'_>) -> bool,
    was_awaited: impl Fn() -> bool,
) -> Option<RollbackVerdict> {
    // Other pools say the same of theirs: this one has to have been used at all. And pools of
    // something else do where no more than the text is left.
    let may_be_ours = |clue: Clue<'_>| match clue {
        Clue::Error(_) => gate.checkouts() > 0,
        Clue::Text(_) => was_awaited(),
    };
    error
        .find(|clue| (is_exhausted(clue) && may_be_ours(clue)).then(exhausted))
        .or_else(|| gate.witness().explain())
        .or_else(|| error.find(|clue| read::<D>(gate, clue)))
}

fn read<D: Dialect>(gate: &Gate, clue: Clue<'_>) -> Option<RollbackVerdict> {
    let (fault, said) = match clue {
        Clue::Error(error) => match error.downcast_ref::<Error>()? {
            Error::AlreadyInTransaction => return Some(inside_already()),
            error => (D::read(error), text(error)),
        },
        Clue::Text(said) if said.contains(&Error::AlreadyInTransaction.to_string()) => {
            return Some(inside_already());
        }
        Clue::Text(said) => (D::read_message(said), redact(said).into_owned()),
    };
    gate.witness().name_returned(fault, said)
}

fn inside_already() -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: "the application began a transaction of a kind of its own (build_transaction(), immediate_transaction()), \
                and a sandbox is inside one already; use transaction() there, or keep the handler out of the smoke tests"
            .to_owned(),
    }
}
