//! Which SQLite database sandboxes open.

use smoke_core::{Error, Result};
use smoke_rollback::dialect::sqlite::address::existing;

/// The URL with which diesel opens the same database, and makes no file where there is none.
pub(crate) fn address(url: &str) -> String {
    // diesel reads its own scheme so.
    match url.strip_prefix("sqlite://") {
        Some(rest) => existing(&format!("file:{rest}")),
        None => existing(url),
    }
}

/// Refuses a manager of the application's: diesel has SQLite make a file that is missing, unless the URL
/// says otherwise.
pub(crate) fn refuse_manager() -> Result {
    Err(Error::msg(
        "a manager of the application's has SQLite make a database file that is missing: \
         make the Rollback with sqlite(url) instead of with_manager(..)",
    ))
}
