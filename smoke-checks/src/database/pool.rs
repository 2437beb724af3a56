//! What the checks ask of a pool.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use smoke_core::Result;

/// A connection pool, as an application has it in production. A clone of it is the same pool.
pub trait Pool: Clone + Send + Sync + 'static {
    /// A connection that goes back to the pool when it is dropped.
    type Connection: Send + 'static;

    /// Whether the calls block their thread. They then run on a thread of their own, and waiting for a
    /// connection ends by itself. A check whose statement hangs is errored when its time is over, and
    /// not started again before it has returned.
    const BLOCKS: bool = false;

    /// Waits for a connection, as the application does. Whoever does not wait longer than `within` drops
    /// the future; what blocks looks at the time by itself.
    ///
    /// # Errors
    ///
    /// When the pool says that it has none to give.
    fn acquire(&self, within: Duration) -> impl Future<Output = Result<Self::Connection>> + Send;

    /// Has the database answer on a connection. Changes nothing.
    ///
    /// # Errors
    ///
    /// When it does not.
    fn ping(connection: &mut Self::Connection) -> impl Future<Output = Result> + Send;

    /// How full the pool is. Waits for nothing.
    fn occupancy(&self) -> Occupancy;
}

/// How full a pool is, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    in_use: usize,
    most: usize,
    waiting: Option<usize>,
}

impl Occupancy {
    /// Of a pool that has `open` connections, of which `idle` are free, and may have `most`.
    #[must_use]
    pub fn new(open: usize, idle: usize, most: usize) -> Self {
        Self {
            // The numbers are not read at one moment.
            in_use: open.saturating_sub(idle),
            most,
            waiting: None,
        }
    }

    /// How many callers wait for a connection, where the pool tells.
    #[must_use]
    pub fn waiting(mut self, callers: usize) -> Self {
        self.waiting = Some(callers);
        self
    }

    /// Whether all connections that there may be are in use.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.in_use >= self.most
    }

    /// How many of a hundred connections that there may be are in use.
    #[must_use]
    pub fn percent(&self) -> u32 {
        let percent = self.in_use.saturating_mul(100) / self.most.max(1);
        u32::try_from(percent).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Occupancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { in_use, most, .. } = self;
        write!(f, "{in_use} of at most {most} connections are in use")?;
        match self.waiting {
            Some(1) => write!(f, ", and one caller waits for one"),
            Some(callers @ 2..) => write!(f, ", and {callers} callers wait for one"),
            _ => Ok(()),
        }
    }
}
