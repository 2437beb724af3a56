//! Suites that every rollback backend of `smoke-core` runs against itself.
//!
//! A backend is trusted with production's data. [`backend::check`] has it do what tests and
//! applications do, through the real runner and a small application, and looks at the database
//! from outside: no row may stay, nothing may be held up, and what cannot be rolled back has to be
//! said.
//!
//! # Examples
//!
//! A backend's test:
//!
//! ```no_run
//! # use smoke_conformance::backend::{Database, Dialect};
//! # async fn test(my_database: impl Database) {
//! smoke_conformance::backend::check(my_database).await;
//! # }
//! ```

pub mod backend;
