//! The steps of a session on its connection, whatever the pool.

#[cfg(any(feature = "deadpool", feature = "bb8"))]
pub(crate) mod asynchronous;
#[cfg(feature = "r2d2")]
pub(crate) mod blocking;
