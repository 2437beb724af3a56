//! A server's process that is another client's next.
//!
//! Where the process is not proven one's own there may be a transaction pooler. Then the process
//! is the sandbox's for as long as its transaction lasts: what picks it out ends with the
//! transaction, so that nobody else's is ever ended, and what became of the transaction is asked
//! of the server afterwards.

/// Marks the process as the sandbox's for as long as the transaction lasts.
pub(super) fn mark(mark: &str) -> String {
    format!("SELECT pg_advisory_xact_lock({})", key(mark))
}

/// A condition that picks the process from `pg_stat_activity` while it is in the transaction of
/// the sandbox with that mark, and only then.
#[must_use]
pub fn who_is_inside(mark: &str) -> String {
    format!(
        "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND ((classid::bigint << 32) | objid::bigint) = {})",
        key(mark)
    )
}

fn key(mark: &str) -> String {
    format!("hashtextextended('{mark}', 0)")
}
