//! What differs between sqlx 0.9 and 0.8: this is for 0.9, and the crate for 0.8 has one of its own.

use sqlx::AssertSqlSafe;

/// Whether the library adds the line of PostgreSQL's source that said it to an error.
#[allow(dead_code, reason = "some of the tests ask")]
pub(crate) const ADDS_LINES: bool = true;

/// Statements that a test has made up.
pub(crate) fn trusted<T>(sql: T) -> AssertSqlSafe<T> {
    AssertSqlSafe(sql)
}
