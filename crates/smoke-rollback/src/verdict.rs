//! What to make of statements that failed.

use smoke_core::RollbackVerdict;

use crate::{Fault, Link, Sandbox};

/// The verdict where every attempt to prove the guard has failed, with the error of each.
///
/// What is lost was rolled back by the server, unless it was committed before, which is asked
/// elsewhere. An error that may say that the transaction has ended counts as an escape: always where
/// the library shows no codes.
pub(crate) fn unproven<L: Link>(sandbox: &Sandbox<L>, errors: &[L::Error]) -> RollbackVerdict {
    let gate = sandbox.gate();
    if let Some(verdict) = gate.over() {
        return verdict;
    }
    let said = |error: Option<&L::Error>| error.map_or_else(String::new, L::said);
    let is = |fault| move |error: &&L::Error| L::read(error) == fault;
    // A connection that is ended says so once, and from then on only that it is closed.
    if errors.iter().any(|error| is(Fault::Lost)(&error)) {
        return RollbackVerdict::ConnectionLost {
            cause: said(errors.first()),
        };
    }
    let find = |fault| errors.iter().find(is(fault)).map(L::said);
    let verdict = if let Some(how) = find(Fault::Ended) {
        escaped(how)
    } else if find(Fault::Reset).is_some() {
        reset()
    } else if !L::READS_CODES {
        escaped(said(errors.first()))
    } else if let Some(cause) = find(Fault::Busy) {
        RollbackVerdict::Contended { cause }
    } else {
        RollbackVerdict::Unknown {
            cause: said(errors.last()),
        }
    };
    gate.witness().read(verdict)
}

fn escaped(how: String) -> RollbackVerdict {
    RollbackVerdict::Escaped { how, at: None }
}

/// Where the guard is there and the settings of the transaction are not.
pub(crate) fn reset() -> RollbackVerdict {
    RollbackVerdict::Unknown {
        cause: "the application has reset the settings of the sandbox's transaction (RESET ALL), \
                or this is another one, with a savepoint of the same name"
            .to_owned(),
    }
}

/// The verdict where the connection is in no transaction, or in another one, when it is about to be
/// handed out.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(crate) fn met_no_transaction() -> RollbackVerdict {
    escaped("another transaction, or none, was met at a check-out".to_owned())
}

/// The verdict where the transaction was rolled back, but a commit would have been refused.
pub(crate) fn refused<L: Link>(errors: &[L::Error]) -> RollbackVerdict {
    let last = errors.last();
    let cause = last.map_or_else(String::new, L::said);
    match last.map(L::read) {
        Some(Fault::Busy) => RollbackVerdict::Contended { cause },
        _ => RollbackVerdict::Refused { cause },
    }
}

/// Where an SQL error outside of a request has aborted the transaction.
pub(crate) fn aborted() -> RollbackVerdict {
    RollbackVerdict::Refused {
        cause: "an SQL error outside of a request has aborted the transaction; \
                put a statement that is expected to fail into a transaction of its own, which is a savepoint here"
            .to_owned(),
    }
}

/// Where the library has rolled back more than was begun within the sandbox.
pub(crate) fn too_much() -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: "the application called begin_with() (an isolation level, a mode), or a begin() of its own failed or was given up, \
                and the library has then rolled back more than that; \
                a handler that needs its own kind of BEGIN cannot run in a sandbox: keep it out of the tests that write"
            .to_owned(),
    }
}
