//! What differs between diesel-async 0.9 and 0.8: this is for 0.8.

/// Whether the SQLite that is bundled makes no file for an `ATTACH` of a set-up: it is 3.46 here, as sqlx 0.8 has it.
#[allow(dead_code, reason = "one of the tests asks")]
pub(crate) const ATTACHES_WHAT_IS_THERE: bool = false;

/// What is done in a transaction.
macro_rules! work {
    (|$connection:ident| $work:expr) => {
        |$connection| {
            diesel_async::scoped_futures::ScopedFutureExt::scope_boxed(async move { $work })
        }
    };
}
pub(crate) use work;
