//! The steps of a session on its connection, whatever the pool.

#[cfg(feature = "deadpool")]
pub(crate) mod asynchronous;
#[cfg(feature = "r2d2")]
pub(crate) mod blocking;
