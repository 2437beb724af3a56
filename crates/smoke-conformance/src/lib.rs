//! Suites that every web stack and every rollback backend of `smoke-core` runs against itself.
//!
//! [`adapter::check`] has a stack serve a small application with the endpoint, asks it over real
//! connections as probers do, and has smoke tests ask the same application in process.
//!
//! [`backend::check`] has a backend do what tests and applications do, through the real runner
//! and a small application, and looks at the database from outside: no row may stay, nothing may
//! be held up, and what cannot be rolled back has to be said.
//!
//! [`Line`] stands before a server that is to fail, and a [`Wrapper`] around an error that is to be
//! found all the same. [`SharedClient`] is a client that production shares with its tests.
//! [`eventually`] waits for a state.
//!
//! # Examples
//!
//! The tests of a stack and of a backend:
//!
//! ```no_run
//! # use smoke_conformance::adapter::Stack;
//! # use smoke_conformance::backend::Database;
//! # async fn test(my_stack: impl Stack, my_database: impl Database) {
//! smoke_conformance::adapter::check(my_stack).await;
//! smoke_conformance::backend::check(my_database).await;
//! # }
//! ```

pub mod adapter;
pub mod backend;
mod eventually;
mod line;
pub mod paper;
mod shared;
mod wrapper;

pub use eventually::{eventually, eventually_blocking};
pub use line::Line;
pub use shared::SharedClient;
pub use wrapper::Wrapper;
