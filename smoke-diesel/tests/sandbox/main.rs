//! What a sandbox promises, on every database and pool.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod subject;
#[path = "../version/mod.rs"]
mod version;

mod behind_wrappers;
mod between;
mod causes;
mod checkouts;
mod committed;
mod cut;
mod deadpool_diesel;
mod deferred;
mod each_statement;
mod elsewhere;
mod escapes;
mod failing;
mod interact;
mod last_error;
mod lost;
mod mariadb;
mod missing;
mod opening;
mod read_only;
mod roles;
mod rollback;
mod runner;
mod second;
mod stragglers;
mod tolerated;
mod wrapped;
