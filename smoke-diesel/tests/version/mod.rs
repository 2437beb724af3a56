//! What differs between diesel-async 0.9 and 0.8: this is for 0.9, and the crate for 0.8 has one of its own.

/// Whether the SQLite that is bundled makes no file for an `ATTACH` of a set-up: 3.49 and later.
#[allow(dead_code, reason = "one of the tests asks")]
pub(crate) const ATTACHES_WHAT_IS_THERE: bool = true;

/// What is done in a transaction.
macro_rules! work {
    (|$connection:ident| $work:expr) => {
        async move |$connection| $work
    };
}
pub(crate) use work;
