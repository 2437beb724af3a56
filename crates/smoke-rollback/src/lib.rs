//! How a sandbox of a smoke test is opened, used, checked and rolled back, whatever the library.
//!
//! A backend for the pools of a library is a [`Link`] and what opens its pools. Everything else is
//! here, once: the [`Session`] that has the connection before and after each request and at the end,
//! the savepoints, the databases, and what a failure means. The contract with the runner
//! (`Backend`, `Session`, verdicts) is `smoke-core`'s.
//!
//! | module | holds |
//! |---|---|
//! | [`Link`] | what a library has to bring: a pool, a connection, its errors |
//! | [`dialect`] | what differs from database to database, a feature each |
//! | [`Sandbox`], [`Session`] | one sandbox, as the pool's hooks know it, and as its guard does |
//! | [`check_out`] | what a pool asks before it hands the connection out |
//! | [`gate`] | lets one connection into a sandbox's pool, and keeps what is found out about it |
//! | [`savepoints`] | the guard, the savepoint of each request, and the statements around them |
//! | [`fault`], [`witness`] | what the errors of a database mean, and which of them explain a failure |
//! | [`queue`] | who has the connection and who waits for it: whether a second one was asked for |
//! | [`acting`] | tells the session's own check-outs from those of the application |
//! | [`Fate`] | what became of a transaction whose connection is gone |
//! | [`Moved`], [`kept_or_new`] | a connection on its way from one test's pool to the next one's |
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `postgres` | [`dialect`] of PostgreSQL |
//! | `mysql` | [`dialect`] of MariaDB and MySQL |
//! | `sqlite` | [`dialect`] of SQLite, whose library is linked |
//!
#![doc = include_str!("writing_a_backend.md")]

mod absent;
pub mod acting;
mod anew;
mod choices;
pub mod dialect;
mod explain;
mod fate;
pub mod fault;
pub mod gate;
mod link;
mod lock;
mod moved;
mod opening;
pub mod queue;
mod sandbox;
pub mod savepoints;
mod session;
mod statement;
mod steps;
mod terms;
#[cfg(test)]
mod tests;
mod verdict;
pub mod witness;

pub use absent::{GRACE, IDLE, OPENING, not_opened_in_time, patience};
pub use anew::kept_or_new;
pub use choices::Choices;
pub use dialect::Dialect;
pub use fate::Fate;
pub use fault::Fault;
pub use link::{Found, Link, Missing, Released, Thread, Waiters};
pub use lock::lock;
pub use moved::Moved;
pub use opening::{not_connected, not_opened};
pub use sandbox::Sandbox;
pub use session::Session;
pub use steps::check_out;
pub use terms::Terms;
