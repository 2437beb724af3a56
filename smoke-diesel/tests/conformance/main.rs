//! The backends' part of the conformance suite, on every database and pool.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod asynchronous;
mod blocking_deadpool;
mod careless;
mod libmariadb;
mod libpq;
mod mariadb;
mod postgres;
mod r2d2;
mod sqlite;
#[path = "../version/mod.rs"]
mod version;
