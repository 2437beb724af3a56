//! Connections of sqlx.

use sqlx_sqlite::LockedSqliteHandle;

use crate::capture;
use crate::{Handle, HoldError};

/// Holds a connection of sqlx, which its worker thread has lent.
///
/// # Errors
///
/// Where the connection has no mutex of its own: it has to be opened with
/// `SqliteConnectOptions::serialized(true)`.
pub fn adopt(connection: &mut LockedSqliteHandle<'_>) -> Result<Handle, HoldError> {
    // SAFETY: the connection is open, and its worker thread, which closes it, waits for as long as
    // it is locked.
    unsafe { capture::adopt(connection.as_raw_handle()) }
}
