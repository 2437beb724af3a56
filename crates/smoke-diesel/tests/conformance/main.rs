//! The backends' part of the conformance suite, on every database and pool.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

#[cfg(feature = "sqlite")]
mod careless;
#[cfg(all(feature = "postgres", feature = "deadpool"))]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
