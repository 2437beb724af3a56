//! What differs between the libraries' versions: this is for the last ones.

/// What the page says, and what becomes of it here instead: sqlx 0.8 refuses a `BEGIN` of one's own before it sends
/// anything, so that nothing is lost.
pub(crate) const OTHERWISE: [(&str, &str); 2] = [
    (
        "`begin_with(\"BEGIN ISOLATION LEVEL SERIALIZABLE\")`, committed | - | - | - | refused, seen: limit of the sandbox |",
        "`begin_with(\"BEGIN ISOLATION LEVEL SERIALIZABLE\")`, committed | - | - | - | refused |",
    ),
    (
        "`begin_with(\"BEGIN EXCLUSIVE\")`, committed | - | refused, seen: limit of the sandbox | - | refused, seen: limit of the sandbox |",
        "`begin_with(\"BEGIN EXCLUSIVE\")`, committed | - | refused | - | refused |",
    ),
];

/// Statements that a test has made up. sqlx 0.8 takes any.
pub(crate) fn trusted(sql: &str) -> &str {
    sql
}

/// What is done in a transaction of diesel-async 0.8.
macro_rules! work {
    (|$connection:ident| $work:expr) => {
        |$connection| {
            diesel_async::scoped_futures::ScopedFutureExt::scope_boxed(async move { $work })
        }
    };
}
pub(crate) use work;
