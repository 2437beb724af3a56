//! What a sandbox promises beyond the conformance suite: what only sqlx has.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod subject;
#[path = "../version/mod.rs"]
mod version;

mod behind_wrappers;
mod deferred;
mod each_statement;
mod escapes;
mod failing;
mod given_up;
mod last_error;
mod levels;
mod mariadb;
mod missing;
mod nested;
mod opening;
mod postgres;
mod second;
mod taken;
mod tolerated;
