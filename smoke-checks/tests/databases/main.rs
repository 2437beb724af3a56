//! The checks of databases against real ones, through the pools of each library: where they pass, and
//! where they do not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod asked;
mod commit;
mod libraries;
mod migrations;
mod pool;
mod runtime;
mod servers;
mod support;
