//! What a sandbox promises beyond the conformance suite: what only sqlx has.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod subject;

mod escapes;
mod failing;
mod given_up;
mod levels;
mod opening;
mod postgres;
mod taken;
mod tolerated;
