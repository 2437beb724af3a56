//! What became of a transaction whose end nobody has seen.

use smoke_core::RollbackVerdict;

/// What became of a transaction, where the database can be asked by way of another connection.
///
/// # Examples
///
/// ```
/// use smoke_core::RollbackVerdict;
/// use smoke_rollback::Fate;
///
/// let lost = RollbackVerdict::ConnectionLost { cause: "reset by peer".to_owned() };
/// assert_eq!(Fate::Aborted.settles(lost.clone()), lost);
/// let settled = Fate::Committed.settles(lost);
/// assert!(matches!(settled, RollbackVerdict::Escaped { .. }));
/// ```
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
    /// What the database's answer says: `committed`, `aborted`, `in progress`, or that it does not
    /// know.
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
    pub(crate) fn is_open(verdict: &RollbackVerdict) -> bool {
        matches!(
            verdict,
            RollbackVerdict::ConnectionLost { .. }
                | RollbackVerdict::Straggler { .. }
                | RollbackVerdict::Unknown { .. }
        )
    }

    /// A verdict that left open what became of the transaction, once this is known: an escape where it
    /// was committed.
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
