//! What a sandbox promises, on every database and pool.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod subject;

mod checkouts;
mod cut;
mod deadpool_diesel;
mod deferred;
mod escapes;
mod interact;
mod lost;
mod mariadb;
mod opening;
mod rollback;
mod runner;
mod stragglers;
mod tolerated;
mod wrapped;
