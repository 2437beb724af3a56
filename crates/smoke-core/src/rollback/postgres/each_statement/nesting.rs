//! The savepoints that there are, innermost last.

use super::words::Change;

/// What every savepoint of a sandbox's own begins with.
const OWN: &str = "smoke_";

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
        !self.lost && self.names.last().is_some_and(|name| name.starts_with(OWN))
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Ends => *self = Self::default(),
            // Within the sandbox's: the server only warns, and the application takes it for its own.
            Change::Begins if self.begun => self.lost = true,
            Change::Begins => self.begun = true,
            Change::Sets(name) => self.names.push(name),
            Change::Releases(name) => self.cut(&name, 0),
            Change::GoesBackTo(name) => self.cut(&name, 1),
            Change::Unclear => self.lost = true,
        }
    }

    /// Forgets that savepoint and what came after it, but for so many of them.
    fn cut(&mut self, name: &str, keep: usize) {
        match self.names.iter().rposition(|known| known == name) {
            Some(at) => self.names.truncate(at + keep),
            None => self.lost = true,
        }
    }
}
