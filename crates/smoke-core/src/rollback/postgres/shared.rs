//! A server's process that is another client's next.
//!
//! Where the process is not proven one's own there may be a transaction pooler. Then the process
//! is the sandbox's for as long as its transaction lasts: what picks it out ends with the
//! transaction, so that nobody else's is ever ended, and what became of the transaction is asked
//! of the server afterwards.

use crate::rollback::RollbackVerdict;

/// Marks the process as the sandbox's for as long as the transaction lasts.
pub(super) fn mark(guard: &str) -> String {
    format!("SELECT pg_advisory_xact_lock({})", key(guard))
}

/// A condition that picks the process from `pg_stat_activity` while it is in the transaction of
/// the sandbox with that guard, and only then.
#[must_use]
pub fn who_is_inside(guard: &str) -> String {
    format!(
        "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND ((classid::bigint << 32) | objid::bigint) = {})",
        key(guard)
    )
}

fn key(guard: &str) -> String {
    format!("hashtextextended('{guard}', 0)")
}

/// Asks for the number of the transaction, which has one from then on. A replica gives none.
pub const NUMBER: &str = "SELECT txid_current()";

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was committed.
    Committed,
    /// It was rolled back.
    Aborted,
    /// It goes on: ask again.
    InProgress,
    /// The server does not know, or could not be asked; why.
    Unknown(String),
}

impl Fate {
    /// What the server's answer says.
    #[must_use]
    pub fn read(status: Option<&str>) -> Self {
        match status {
            Some("committed") => Self::Committed,
            Some("aborted") => Self::Aborted,
            Some("in progress") => Self::InProgress,
            _ => Self::Unknown("the server no longer knows".to_owned()),
        }
    }

    /// Whether the verdict leaves open what became of the transaction.
    #[must_use]
    pub fn is_open(verdict: &RollbackVerdict) -> bool {
        matches!(
            verdict,
            RollbackVerdict::ConnectionLost { .. }
                | RollbackVerdict::Straggler { .. }
                | RollbackVerdict::Unknown { .. }
        )
    }

    /// Such a verdict, once this is known.
    #[must_use]
    pub fn settles(self, verdict: RollbackVerdict) -> RollbackVerdict {
        match self {
            Self::Aborted => verdict,
            Self::Committed => RollbackVerdict::Escaped {
                how: format!("the server says that it was committed; {verdict}"),
                at: None,
            },
            Self::InProgress => unsettled(&verdict, "it goes on"),
            Self::Unknown(why) => unsettled(&verdict, &why),
        }
    }
}

fn unsettled(verdict: &RollbackVerdict, why: &str) -> RollbackVerdict {
    RollbackVerdict::Unknown {
        cause: format!("{verdict}; whether it was committed before is not known: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> RollbackVerdict {
        RollbackVerdict::ConnectionLost {
            cause: "reset by peer".to_owned(),
        }
    }

    #[test]
    fn only_a_transaction_that_was_rolled_back_leaves_the_verdict_as_it_is() {
        let settled = |status| Fate::read(status).settles(lost());
        assert_eq!(settled(Some("aborted")), lost());
        let escaped = settled(Some("committed")).to_string();
        assert!(
            escaped.contains("DATA MAY HAVE BEEN COMMITTED"),
            "{escaped}"
        );
        assert!(escaped.contains("reset by peer"), "{escaped}");
        for status in [Some("in progress"), None, Some("lost")] {
            let unknown = settled(status);
            assert!(
                matches!(unknown, RollbackVerdict::Unknown { .. }),
                "{unknown:?}"
            );
        }
    }

    #[test]
    fn what_was_seen_stays_as_it_was_seen() {
        assert!(Fate::is_open(&lost()));
        assert!(!Fate::is_open(&RollbackVerdict::RolledBack));
    }
}
