//! The address of a SQLite database.

use smoke_rollback::dialect::sqlite::address::existing;

/// The URL with which diesel opens the same database, and makes no file where there is none.
pub(crate) fn address(url: &str) -> String {
    // diesel reads its own scheme so.
    match url.strip_prefix("sqlite://") {
        Some(rest) => existing(&format!("file:{rest}")),
        None => existing(url),
    }
}
