//! Seals, interrupts and rolls back a SQLite connection from another thread.
//!
//! A sandbox holds SQLite's one write lock, so it has to end on time, whatever the thread that
//! uses its connection does. The libraries that own the connection offer no way to do that from
//! outside. This crate does, and it is the only one of the workspace with unsafe code.
//!
//! A thread that opens connections for sandboxes says [`watch_thread`] once. Each connection that
//! is opened on it from then on can be fetched as a [`Handle`]. Connections that other threads
//! open are not touched. Where a library chooses the thread itself, [`watch_process`] watches them
//! all for a moment, and [`find`] then gives the handle of the one connection that is asked for.
//!
//! ```
//! use diesel::prelude::*;
//! use diesel::sql_types::BigInt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("app.db");
//! # let url = file.to_str().ok_or("no path")?;
//! smoke_sqlite::watch_thread()?;
//! let mut connection = diesel::SqliteConnection::establish(url)?;
//! let handle = smoke_sqlite::take_opened().ok_or("not seen")?;
//!
//! // Proof that the handle and the connection belong together.
//! let asked = diesel::dsl::sql::<BigInt>(&format!("{}()", smoke_sqlite::IDENTITY));
//! assert_eq!(diesel::select(asked).get_result::<i64>(&mut connection)?, handle.id());
//!
//! handle.seal();
//! assert!(diesel::sql_query("CREATE TABLE t (x)").execute(&mut connection).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! | feature | brings |
//! |---|---|
//! | `bundled` | SQLite built from source; without it the system's library is linked |
//! | `sqlx` | `adopt`, for connections of sqlx, which opens each on a thread of its own |

mod capture;
mod handle;
#[cfg(feature = "sqlx")]
mod sqlx;

pub use capture::{
    HoldError, IDENTITY, WatchError, Watching, is_thread_safe, take_opened, watch_process,
    watch_thread,
};
pub use handle::{Cut, Handle, find};
#[cfg(feature = "sqlx")]
pub use sqlx::adopt;
