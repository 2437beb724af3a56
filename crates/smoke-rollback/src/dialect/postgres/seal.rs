//! Having the server refuse to commit what a sandbox has written.
//!
//! Two equal rows in a table break a constraint that is checked at COMMIT, and the transaction after
//! the sandbox's own is read-only unless it says otherwise. `ROLLBACK AND CHAIN` and `BEGIN READ WRITE`
//! remain, and the guard sees both. The table is temporary, made once for a connection, unless the
//! application has one of its own.
//!
//! The read-only default is a setting of the server's process. Behind a transaction pooler that
//! process is another client's next: the seal needs proof that there is none.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::Facts;
use crate::lock::lock;

/// What is known of an escape from a sandbox whose COMMIT the server refuses.
pub(super) const REFUSED: &str =
    "its COMMIT was refused, and only a transaction begun as READ WRITE could have written since";

/// Why there is no seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unsealed {
    Pooler,
    NoRight,
}

impl Facts {
    /// Whether to seal, with a table of the application's own where there is one. Says once why not,
    /// where there is something to refuse.
    #[must_use]
    pub fn seals(&self, own_process: bool, has_table: bool) -> bool {
        let why = match (self.writes, own_process, has_table || self.may_make_tables) {
            (false, ..) => return false,
            (true, true, true) => return true,
            (true, false, _) => Unsealed::Pooler,
            (true, true, false) => Unsealed::NoRight,
        };
        why.say_once();
        false
    }
}

impl Unsealed {
    fn say_once(self) {
        static SAID: Mutex<BTreeSet<Unsealed>> = Mutex::new(BTreeSet::new());
        if lock(&SAID).insert(self) {
            let why = match self {
                Self::Pooler => {
                    "the connection is not proven to have a server's process of its own: is there a pooler?"
                }
                Self::NoRight => "the role has no TEMPORARY right on the database",
            };
            tracing::warn!(
                target: "smoke",
                "sandboxes are not sealed ({why}): a raw COMMIT of the application is noticed, but not prevented",
            );
        }
    }
}

/// Makes later transactions read-only by default.
pub(super) const READ_ONLY: &str = "BEGIN; SET default_transaction_read_only = on; COMMIT";

/// Makes the table that refuses commits, for as long as the connection lasts.
///
/// The application may be another role when the rows are deleted: one that it set for a transaction of
/// its own stays until the end of the sandbox's.
const MAKE: &str = "CREATE TEMPORARY TABLE smoke_seal \
    (twice integer CONSTRAINT smoke_refuses_to_commit UNIQUE DEFERRABLE INITIALLY DEFERRED); \
    GRANT SELECT, DELETE ON pg_temp.smoke_seal TO PUBLIC";

/// Whether a table may be called that: it is no value of a statement, but a part of it.
pub(super) fn is_plain(table: &str) -> bool {
    let is_word = |word: &str| {
        let mut letters = word.chars();
        let begins = letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        begins && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    table.split('.').count() <= 2 && table.split('.').all(is_word)
}

/// Nothing of the connection has to last: neither that the table is there nor, at the end of the
/// connection, that it is not is waited for until it is on the disk.
const WAIT_FOR_NO_DISK: &str = "SET synchronous_commit = off";

/// What refuses the commits of a connection.
pub(super) struct Seal<'t> {
    /// The application's own table.
    table: Option<&'t str>,
}

impl<'t> Seal<'t> {
    pub(super) fn new(table: Option<&'t str>) -> Self {
        Self { table }
    }

    fn table(&self) -> &'t str {
        self.table.unwrap_or("pg_temp.smoke_seal")
    }

    /// What a connection needs once, with these limits.
    pub(super) fn once(&self, limits: &str) -> String {
        match self.table {
            Some(_) => READ_ONLY.to_owned(),
            None => {
                format!(
                    "BEGIN READ WRITE; {limits}; {WAIT_FOR_NO_DISK}; {MAKE}; COMMIT; {READ_ONLY}"
                )
            }
        }
    }

    /// Has the transaction that has begun be refused by a COMMIT. No other transaction has the same
    /// value, for which it would wait.
    pub(super) fn set(&self) -> String {
        format!(
            "INSERT INTO {} SELECT pg_backend_pid() FROM generate_series(1, 2)",
            self.table()
        )
    }

    /// Takes that back, so that every other constraint holds for itself.
    pub(super) fn lift(&self) -> String {
        format!("DELETE FROM {}", self.table())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_table_is_one_or_two_words() {
        for plain in ["smoke_seal", "shop.smoke_seal", "_2"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["", "a.", "a.b.c", "2a", "a b", "a;DROP TABLE t", "\"a\""] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn a_seal_needs_a_process_of_its_own_and_the_right() {
        let facts = |writes, may_make_tables| Facts {
            writes,
            may_make_tables,
            ..Facts::for_tests()
        };
        assert!(facts(true, true).seals(true, false));
        assert!(!facts(true, true).seals(false, false));
        assert!(!facts(true, false).seals(true, false));
        assert!(facts(true, false).seals(true, true));
        assert!(!facts(false, true).seals(true, true));
    }
}
