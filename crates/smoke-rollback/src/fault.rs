//! What an error of a database means for a sandbox, whatever the library.

use std::time::Duration;

use smoke_core::RollbackVerdict;

/// What an error of a database means for a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The transaction, and with it the guard, has ended.
    Ended,
    /// The connection is gone, or there is no server to connect to.
    Lost,
    /// The server lets nobody in with that name, password or database.
    Denied,
    /// A lock stood in the way.
    Busy,
    /// The same, and the database has rolled the whole transaction back.
    Deadlock,
    /// The server has no connection to give.
    Full,
    /// Nothing can be written.
    ReadOnly,
    /// A table is no longer what a prepared statement takes it for.
    SchemaChanged,
    /// The guard is there, and the settings of the sandbox's transaction are not.
    Reset,
    /// An SQL error before has aborted the transaction.
    Aborted,
    /// A table was used whose engine knows no savepoints, so that none can be set any more.
    NoSavepoints,
    /// Anything else.
    Other,
}

impl Fault {
    /// The verdict where it stands in the way of opening a sandbox, if there is one.
    #[must_use]
    pub fn at_opening(self, cause: String) -> Option<RollbackVerdict> {
        Some(match self {
            Self::Lost => RollbackVerdict::Unreachable { cause },
            Self::Denied => RollbackVerdict::Unreachable {
                cause: format!("it refuses the login: {cause}"),
            },
            _ => return self.in_use(cause),
        })
    }

    /// The verdict where it explains what a test could not do, if there is one.
    #[must_use]
    pub fn in_use(self, cause: String) -> Option<RollbackVerdict> {
        Some(match self {
            Self::Busy | Self::Deadlock => RollbackVerdict::Contended { cause },
            Self::Full => RollbackVerdict::NoCapacity { cause },
            Self::ReadOnly => RollbackVerdict::ReadOnly { cause },
            Self::SchemaChanged => RollbackVerdict::SchemaChanged { cause },
            Self::Ended
            | Self::Reset
            | Self::Lost
            | Self::Denied
            | Self::Aborted
            | Self::NoSavepoints
            | Self::Other => return None,
        })
    }
}

/// What stands in the way of connecting, where a driver tells that in words only: its own, or
/// those of the operating system.
#[must_use]
pub fn of_connecting(said: &str) -> Fault {
    const NOBODY: [&str; 16] = [
        "refused",
        "timed out",
        "timeout expired",
        "unreachable",
        "No route to host",
        "No such file or directory",
        "reset by peer",
        "failed to lookup address",
        "could not translate host name",
        "could not connect to server",
        "error connecting to server",
        "error communicating with the server",
        "Can't connect to ",
        "Unknown server host",
        "Unknown MySQL server host",
        "the database system is ",
    ];
    const CLOSED: [&str; 4] = [
        "connection closed",
        "Connection to the server is closed",
        "closed the connection unexpectedly",
        "Lost connection to ",
    ];
    let mut texts = NOBODY.iter().chain(&CLOSED);
    if texts.any(|text| said.contains(text)) {
        Fault::Lost
    } else {
        Fault::Other
    }
}

/// What is said where an application may have asked for a second connection while it held the
/// first, which it did for that long.
#[must_use]
pub fn maybe_exhausted(held: Duration) -> String {
    format!(
        "the sandbox's only connection was in use for {}ms in one go, which is as long as its pool waits: \
         if a second one was asked for meanwhile, it was not given, though production has more",
        held.as_millis()
    )
}

/// The verdict where an application asks for a second connection while it holds the first.
#[must_use]
pub fn exhausted() -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: "a second connection was asked for while the sandbox's only one was in use (pool exhausted; the database is not down); \
                give the first one back before, or keep a handler that needs two out of the smoke tests"
            .to_owned(),
    }
}
