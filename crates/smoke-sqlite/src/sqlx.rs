//! Connections of sqlx.

use sqlx_sqlite::LockedSqliteHandle;

use crate::Handle;
use crate::capture;

/// Holds a connection of sqlx, which its worker thread has lent.
///
/// None where the connection has no mutex of its own: it has to be opened with
/// `SqliteConnectOptions::serialized(true)`.
#[must_use]
pub fn adopt(connection: &mut LockedSqliteHandle<'_>) -> Option<Handle> {
    // SAFETY: the connection is open, and its worker thread, which closes it, waits for as long as
    // it is locked.
    unsafe { capture::adopt(connection.as_raw_handle()) }
}
