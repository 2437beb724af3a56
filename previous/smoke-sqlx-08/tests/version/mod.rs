//! What differs between sqlx 0.9 and 0.8: this is for 0.8.

/// Whether the library adds the line of PostgreSQL's source that said it to an error.
#[allow(dead_code, reason = "some of the tests ask")]
pub(crate) const ADDS_LINES: bool = false;

/// Statements that a test has made up. sqlx 0.8 takes any.
pub(crate) fn trusted<T>(sql: T) -> T {
    sql
}
