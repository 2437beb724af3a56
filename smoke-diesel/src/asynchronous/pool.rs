//! What a pool has to bring.

use std::future::Future;
use std::ops::DerefMut;
use std::time::Duration;

use diesel::ConnectionResult;
use smoke_core::{Clue, Result};
use smoke_rollback::Missing;
use smoke_rollback::queue::Look;

use super::{Connection, Manager};

/// A pool of one library.
#[diagnostic::on_unimplemented(
    message = "smoke-diesel has no sandboxes for the pool `{Self}`",
    note = "choose its library among the features of smoke-diesel: `deadpool`, `bb8`",
    note = "if that is chosen, the pool is from another version of its library: `cargo tree --duplicates` shows what is there twice"
)]
pub(crate) trait SandboxPool: Clone + Send + Sync + 'static {
    type Connection: Connection;
    type Object: DerefMut<Target = Self::Connection> + Send + 'static;

    const NAME: &'static str;

    /// A pool of one connection, which is made at the first check-out and tested at the others.
    fn build(manager: Manager<Self::Connection>, patience: Duration) -> Result<Self>;

    /// Connects without a pool.
    fn connect(
        manager: Manager<Self::Connection>,
    ) -> impl Future<Output = ConnectionResult<Self::Connection>> + Send;

    /// The connection, if it comes free in time.
    fn take(
        &self,
        wait: Duration,
    ) -> impl Future<Output = std::result::Result<Self::Object, Missing>> + Send;

    /// Whether a connection was waited for in vain.
    fn is_exhausted(clue: Clue<'_>) -> bool;

    /// How many check-outs have timed out, where the pool counts that.
    fn timed_out(&self) -> u64 {
        0
    }

    /// What the pool shows of who has the connection and who waits for it.
    fn look(&self) -> Option<Look> {
        None
    }

    /// Whether a connection can be taken out of the pool for good.
    const GIVES_AWAY: bool = false;

    /// Takes a connection out of the pool, or gives back what cannot be taken.
    fn give_away(
        object: Self::Object,
    ) -> impl Future<Output = std::result::Result<Self::Connection, Self::Object>> + Send {
        async { Err(object) }
    }

    /// Closes a connection that was taken.
    fn discard(object: Self::Object);

    /// Hands nothing out any more, where the pool can be told so.
    fn close(&self) {}

    /// Whether there is a connection.
    fn has_connection(&self) -> bool;
}
