//! A small service that carries its own smoke tests.

mod command;
mod config;
mod db;
mod error;
mod mail;
mod notes;
mod pages;
mod router;
mod schema;
mod serve;
mod shutdown;
mod smoke;
mod users;
mod worker;

pub use command::{runner_on, smoke};
pub use serve::serve;

/// Nothing but the code in the project's README and in its page on probes, which `cargo test` compiles from here.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../docs/probes.md")]
struct Pages;
