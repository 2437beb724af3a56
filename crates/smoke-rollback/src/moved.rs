//! A connection on its way from one sandbox to the next.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use smoke_core::rollback::Kept;

use crate::Link;
use crate::sandbox::Outside;

/// A connection that was rolled back and is in no transaction. The session of one test leaves it in the
/// berth, and the backend takes it from there for the next test's pool.
pub struct Moved<L: Link> {
    /// The connection.
    pub connection: L::Connection,
    /// What its dialect knows of it.
    pub outside: Arc<Outside<L>>,
    /// What its link sends along.
    pub luggage: L::Luggage,
}

impl<L: Link> Kept for Moved<L> {
    fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let Self { connection, .. } = *self;
            L::close(connection).await;
        })
    }
}

impl<L: Link> fmt::Debug for Moved<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Moved")
    }
}
