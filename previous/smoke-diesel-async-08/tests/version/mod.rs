//! What differs between diesel-async 0.9 and 0.8: this is for 0.8.

/// Runs an asynchronous block in a transaction of the connection.
macro_rules! in_transaction {
    ($held:expr, |$connection:ident| $work:expr) => {
        $held.transaction(|$connection| {
            diesel_async::scoped_futures::ScopedFutureExt::scope_boxed(async move { $work })
        })
    };
}
pub(crate) use in_transaction;
