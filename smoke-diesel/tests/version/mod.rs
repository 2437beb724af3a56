//! What differs between diesel-async 0.9 and 0.8: this is for 0.9, and the crate for 0.8 has one of its own.

/// Runs an asynchronous block in a transaction of the connection.
macro_rules! in_transaction {
    ($held:expr, |$connection:ident| $work:expr) => {
        $held.transaction(async move |$connection| $work)
    };
}
pub(crate) use in_transaction;
