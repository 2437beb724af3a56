//! Having the server refuse to commit what a sandbox has written.
//!
//! A cursor that outlives its transaction (`WITH HOLD`) is read to its end at COMMIT, before anything is
//! committed, and this one cannot be read. It is no table: nothing is written for it, and a rollback
//! only forgets it.
//!
//! The transaction after the sandbox's own is read-only unless it says otherwise. That is a setting of
//! the server's process. Behind a transaction pooler the process is another client's next, so the
//! setting needs proof that there is none. `ROLLBACK AND CHAIN`, `BEGIN READ WRITE` and what
//! closes or reads the cursor (`CLOSE ALL`) remain, and the guard sees each.

use std::sync::Once;

use super::Facts;

/// What is known of an escape from a sandbox whose COMMIT the server refuses.
pub(super) const REFUSED: &str = "its COMMIT was refused unless it had closed or read every cursor before, and only a transaction begun as READ WRITE could have written since";

/// Has a COMMIT of the transaction that has begun be refused, also in two phases.
///
/// The expression is evaluated when the cursor is read, and not before: `concat` may depend on
/// settings, so the planner leaves it alone.
pub(super) const SET: &str = "DECLARE smoke_seal NO SCROLL CURSOR WITH HOLD FOR \
    SELECT pg_catalog.concat('smoke_refuses_to_commit')::pg_catalog.int4";

/// Makes later transactions read-only by default.
pub(super) const READ_ONLY: &str = "BEGIN; SET default_transaction_read_only = on; COMMIT";

impl Facts {
    /// Whether nothing can be written after a COMMIT that was refused, either. Says once why not, where
    /// there is something to refuse.
    #[must_use]
    pub fn seals(&self, own_process: bool) -> bool {
        static SAID: Once = Once::new();
        if self.writes && !own_process {
            SAID.call_once(|| {
                tracing::warn!(
                    target: "smoke",
                    "the sandboxes' connections are not proven to have a server's process of their own (is there a pooler?): \
                     a raw COMMIT of the application is refused, but what it writes after that is noticed, and not prevented",
                );
            });
        }
        self.writes && own_process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_that_lasts_needs_a_process_of_its_own() {
        let facts = |writes| Facts {
            writes,
            ..Facts::for_tests()
        };
        assert!(facts(true).seals(true));
        assert!(!facts(true).seals(false));
        assert!(!facts(false).seals(true));
    }
}
