//! How a sandbox ended.

use std::fmt;

/// What a backend found when it ended a sandbox, or looked at it after a request.
///
/// Only [`RolledBack`](Self::RolledBack) is good; each of the others makes the test errored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RollbackVerdict {
    /// The transaction was the one that was begun, and it was rolled back.
    RolledBack,
    /// The transaction ended before the sandbox did: data may have been committed.
    /// The test is not run again in this process.
    Escaped {
        /// What was seen, as the database says it.
        how: String,
        /// The request during which it happened, if it is known: `POST /users`.
        at: Option<String>,
    },
    /// A request that is meant to write was not refused, and the application took no connection
    /// from the sandbox: what it wrote, if anything, went elsewhere and was not rolled back.
    Bypassed {
        /// The request: `POST /users`.
        request: String,
        /// What became of it.
        end: RequestEnd,
    },
    /// The sandbox's connection was lost: the server ended it, or a panic made the pool drop it.
    /// The server has rolled back what was not committed before.
    ConnectionLost {
        /// What the driver said.
        cause: String,
    },
    /// Something still held the sandbox's pool or connection when the test had ended.
    /// The sandbox was shut, and the connection closed.
    Straggler {
        /// What is known of the holder.
        holder: String,
    },
    /// The database was busy: a lock, a deadlock or a serialization failure stood in the way.
    Contended {
        /// What the database said.
        cause: String,
    },
    /// The server has no connection to give.
    NoCapacity {
        /// What the database said.
        cause: String,
    },
    /// The database is down, or does not let the sandbox in.
    Unreachable {
        /// What the driver said.
        cause: String,
    },
    /// The database takes no writes: a replica, or one that was set so.
    ReadOnly {
        /// What the database said.
        cause: String,
    },
    /// A table was changed while the test used it, by a migration. The test is worth another try.
    SchemaChanged {
        /// What the database said.
        cause: String,
    },
    /// Tables without transactions were written to; what was written stays.
    NonTransactional {
        /// The tables that the database names.
        tables: Vec<String>,
    },
    /// The sandbox was held for longer than its limit and was ended from outside.
    PastLimit {
        /// The limit, as a person reads it: `1s`.
        limit: String,
    },
    /// A COMMIT would have been refused: a deferred constraint does not hold.
    Refused {
        /// What the database said.
        cause: String,
    },
    /// The application did what works in production and cannot work in a sandbox. Everything was
    /// rolled back.
    Limit {
        /// What it did, and what to do about it.
        cause: String,
    },
    /// Whether the transaction was rolled back could not be found out.
    Unknown {
        /// What stood in the way.
        cause: String,
    },
}

/// What became of a request that nobody refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestEnd {
    /// It was answered, and the answer says nothing against it.
    Succeeded,
    /// It was answered with a 5xx, or the service returned an error instead of an answer.
    Failed,
    /// The application panicked.
    Panicked,
    /// Its future was dropped before there was an answer: by a time limit of the test, or by a
    /// client that went away.
    Dropped,
}

impl fmt::Display for RequestEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Dropped => "was dropped before it was answered,",
        })
    }
}

impl RollbackVerdict {
    /// Whether everything was rolled back, and nothing else was found.
    #[must_use]
    pub fn is_rolled_back(&self) -> bool {
        matches!(self, Self::RolledBack)
    }

    /// The verdict in a word or two, without anything that a database said.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::RolledBack => "rolled back",
            Self::Escaped { .. } => "escaped",
            Self::Bypassed { .. } => "bypassed",
            Self::ConnectionLost { .. } => "connection lost",
            Self::Straggler { .. } => "straggler",
            Self::Contended { .. } => "contended",
            Self::NoCapacity { .. } => "no capacity",
            Self::Unreachable { .. } => "unreachable",
            Self::ReadOnly { .. } => "read only",
            Self::SchemaChanged { .. } => "schema changed",
            Self::NonTransactional { .. } => "non-transactional",
            Self::PastLimit { .. } => "past its limit",
            Self::Refused { .. } => "refused",
            Self::Limit { .. } => "limit of the sandbox",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether the same test may well be rolled back and pass a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Contended { .. } | Self::SchemaChanged { .. })
    }

    /// Whether something may be in the database that was not rolled back.
    pub(crate) fn may_have_left_something(&self) -> bool {
        matches!(
            self,
            Self::Escaped { .. }
                | Self::Bypassed { .. }
                | Self::NonTransactional { .. }
                | Self::Unknown { .. }
        )
    }

    /// Fills in the request of an escape that has none yet.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        match self {
            Self::Escaped { how, at: None } => Self::Escaped {
                how,
                at: Some(place.to_owned()),
            },
            other => other,
        }
    }

    /// Says of an escape what is known of it beyond what the database says, where there is that.
    #[must_use]
    pub fn remarked(self, remark: Option<String>) -> Self {
        match (self, remark) {
            (Self::Escaped { how, at }, Some(remark)) => Self::Escaped {
                how: format!("{how}; {remark}"),
                at,
            },
            (verdict, _) => verdict,
        }
    }
}

impl fmt::Display for RollbackVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RolledBack => f.write_str("rolled back"),
            Self::Escaped { how, at } => {
                f.write_str("the sandbox's transaction ended")?;
                if let Some(at) = at {
                    write!(f, " during {at}")?;
                }
                write!(
                    f,
                    " ({how}): DATA MAY HAVE BEEN COMMITTED; the test will not run again until the process is restarted"
                )
            }
            // What others' connections wrote is nothing that a database tells.
            Self::Bypassed { request, end } => write!(
                f,
                "{request} {end} without taking a connection from the sandbox: is the application using another pool? \
                 If it wrote anything, that was NOT rolled back (a request that touches no database says .without_database())"
            ),
            Self::ConnectionLost { cause } => write!(
                f,
                "the sandbox's connection was lost, and with it what the test had written and not committed: {cause}"
            ),
            Self::Straggler { holder } => write!(
                f,
                "{holder} after the test had ended; the sandbox was shut, what comes later gets \"closed\" and no connection"
            ),
            Self::Contended { cause } => write!(f, "the database was busy: {cause}"),
            Self::NoCapacity { cause } => write!(
                f,
                "no capacity: the database has no connection to give to the sandbox, which needs one beside those of the pools \
                 (make the pools smaller, or let the server have more): {cause}"
            ),
            Self::Unreachable { cause } => {
                write!(f, "the database is down or cannot be reached: {cause}")
            }
            Self::ReadOnly { cause } => write!(
                f,
                "the database is read-only (a replica, or default_transaction_read_only): {cause}"
            ),
            Self::SchemaChanged { cause } => write!(f, "the schema changed: {cause}"),
            Self::NonTransactional { tables } => write!(
                f,
                "tables without transactions were written to, and what was written was NOT rolled back: {}",
                tables.join(", ")
            ),
            Self::PastLimit { limit } => write!(
                f,
                "the sandbox was held for longer than its limit of {limit} and was ended from outside, which rolls back what it had not committed"
            ),
            Self::Refused { cause } => write!(f, "a COMMIT would have been refused: {cause}"),
            Self::Limit { cause } => write!(f, "limit of the sandbox: {cause}"),
            Self::Unknown { cause } => write!(f, "the rollback could not be confirmed: {cause}"),
        }
    }
}

impl std::error::Error for RollbackVerdict {}
