//! The steps of a session on its connection, whatever the pool.

#[cfg(all(feature = "postgres", feature = "deadpool"))]
pub(crate) mod asynchronous;
#[cfg(feature = "sqlite")]
pub(crate) mod blocking;
