//! A session without its connection, and how long it waits for it.

use std::time::Duration;

use smoke_core::{Error, HandleWatch, RollbackVerdict};

/// How long a session waits for the connection, and for the last handle of the pool.
pub const GRACE: Duration = Duration::from_millis(250);

/// How long a session waits for a connection that nobody seems to have.
pub const IDLE: Duration = Duration::from_millis(50);

/// How long connecting may take.
pub const OPENING: Duration = Duration::from_secs(5);

/// How long the application waits for a connection that is checked out already: it has to hear
/// of that before the limit of the sandbox has passed.
#[must_use]
pub fn patience(limit: Duration) -> Duration {
    (limit / 2).clamp(Duration::from_millis(1), Duration::from_secs(1))
}

/// Connecting has taken longer than it may.
#[must_use]
pub fn not_opened_in_time() -> Error {
    Error::msg(format!("connecting takes longer than {OPENING:?}"))
}

/// Why the session has no connection.
#[derive(Debug)]
pub(crate) enum Absent {
    /// Somebody else has it; what the pool said.
    InUse(String),
    /// There is none any more.
    Gone(RollbackVerdict),
}

impl Absent {
    /// The error of a request that cannot be entered.
    #[must_use]
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::InUse(said) => {
                Error::msg(format!("the sandbox's one connection is in use: {said}"))
            }
            Self::Gone(verdict) => verdict.into(),
        }
    }

    /// What to make of it after a request: the savepoint stays where the connection is in use,
    /// and the end of the sandbox finds what there is to find.
    ///
    /// # Errors
    ///
    /// The verdict, where the connection is gone.
    pub(crate) fn after_a_request(self) -> Result<(), RollbackVerdict> {
        match self {
            Self::InUse(_) => Ok(()),
            Self::Gone(verdict) => Err(verdict),
        }
    }
}

/// Where the connection was not given back by the end.
#[must_use]
pub(crate) fn kept_connection() -> RollbackVerdict {
    straggler("the sandbox's connection was still in use")
}

/// This verdict, unless everything was rolled back and a handle of the pool is not dropped in time.
pub(crate) async fn unless_kept(verdict: RollbackVerdict, pool: &HandleWatch) -> RollbackVerdict {
    if verdict.is_rolled_back() && !pool.gone(GRACE).await {
        straggler("a handle of the sandbox's pool was still held")
    } else {
        verdict
    }
}

/// Where the session is used after its end.
#[must_use]
pub(crate) fn finished() -> RollbackVerdict {
    RollbackVerdict::Unknown {
        cause: "the sandbox is finished".to_owned(),
    }
}

fn straggler(holder: &str) -> RollbackVerdict {
    RollbackVerdict::Straggler {
        holder: holder.to_owned(),
    }
}
