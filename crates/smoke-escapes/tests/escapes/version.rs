//! What differs between the libraries' versions: this is for today's, and the last ones have a file of their own.

use sqlx::AssertSqlSafe;

/// What the page says, and what becomes of it here instead.
pub(crate) const OTHERWISE: [(&str, &str); 0] = [];

/// Statements that a test has made up.
pub(crate) fn trusted(sql: &str) -> AssertSqlSafe<&str> {
    AssertSqlSafe(sql)
}

/// What is done in a transaction of diesel-async 0.9.
macro_rules! work {
    (|$connection:ident| $work:expr) => {
        async move |$connection| $work
    };
}
pub(crate) use work;
