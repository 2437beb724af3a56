//! The savepoints that there are, innermost last.

use crate::words::Change;
use smoke_rollback::savepoints::is_own;

/// The savepoints of the transaction, as far as they can be followed.
#[derive(Default)]
pub(super) struct Nesting {
    names: Vec<String>,
    begun: bool,
    lost: bool,
}

impl Nesting {
    /// Whether the application is in no transaction that it would know of: the innermost
    /// savepoint is a sandbox's own.
    pub(super) fn is_the_sandboxes(&self) -> bool {
        !self.lost && self.names.last().is_some_and(|name| is_own(name))
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Ends => *self = Self::default(),
            // Within the sandbox's: the server only warns, and the application takes it for its own.
            Change::Begins if self.begun => self.lost = true,
            Change::Begins => self.begun = true,
            Change::Sets(name) => self.names.push(name),
            Change::Releases(name) => self.cut(&name, 0),
            // A library that rolls its transaction back goes back to its savepoint, leaves that
            // there, and is done. The sandbox's own go on.
            Change::GoesBackTo(name) => self.cut(&name, usize::from(is_own(&name))),
            Change::Unclear => self.lost = true,
        }
    }

    /// Forgets that savepoint and what came after it, but for so many of them. One that is not
    /// known was left there like that, within a transaction that goes on.
    fn cut(&mut self, name: &str, keep: usize) {
        if let Some(at) = self.names.iter().rposition(|known| known == name) {
            self.names.truncate(at + keep);
        }
    }
}
