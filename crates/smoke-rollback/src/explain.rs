//! What explains that a test did not pass.

use smoke_core::rollback::redact;
use smoke_core::{Clue, Error, RollbackVerdict};

use crate::fault::exhausted;
use crate::link::{Found, Waiters};
use crate::{Dialect, Link, Sandbox};

/// A connection that was waited for in vain; or else what was seen while the test ran, which came
/// first; or else the error of the test.
pub(crate) fn explain<L: Link>(
    sandbox: &Sandbox<L>,
    error: &Error,
    was_awaited: impl Fn() -> bool,
) -> Option<RollbackVerdict> {
    let gate = sandbox.gate();
    // Other pools say the same of theirs: this one has to have been used at all. Pools of something
    // else do where no more than the text is left.
    let may_be_ours = |clue: Clue<'_>| match (clue, L::WAITERS) {
        (_, Waiters::Told) => false,
        (Clue::Error(_), Waiters::Shown) => gate.checkouts() > 0,
        (Clue::Text(_), Waiters::Shown) | (_, Waiters::Unseen) => was_awaited(),
    };
    let in_vain =
        |clue: Clue<'_>| (sandbox.link().is_exhausted(clue) && may_be_ours(clue)).then(exhausted);
    error
        .find(in_vain)
        .or_else(|| gate.witness().explain())
        .or_else(|| error.find(|clue| read(sandbox, clue)))
}

fn read<L: Link>(sandbox: &Sandbox<L>, clue: Clue<'_>) -> Option<RollbackVerdict> {
    let found = sandbox.link().find(clue).or_else(|| match clue {
        Clue::Text(said) => Some(Found::Fault(
            L::Dialect::read_message(said),
            redact(said).into_owned(),
        )),
        Clue::Error(_) => None,
    });
    match found? {
        Found::Fault(fault, said) => sandbox.gate().witness().name_returned(fault, said),
        Found::Verdict(verdict) => Some(verdict),
    }
}
