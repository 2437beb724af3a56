//! The backends' part of the conformance suite, on every database and pool.

#[cfg(feature = "sqlite")]
mod careless;
#[cfg(all(feature = "postgres", feature = "deadpool"))]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
