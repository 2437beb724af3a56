//! The backends' part of the conformance suite, on every database and pool.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod careless;
mod libpq;
mod postgres;
mod r2d2;
mod sqlite;
