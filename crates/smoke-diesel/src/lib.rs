//! Rolled-back sandboxes for diesel and diesel-async connection pools.
//!
//! A smoke test that asks for a `Sandbox<Pool>` gets a pool of the application's own type. Its
//! one connection is new, is set up as the application's are, and is inside a transaction from
//! connect to close. The test and the application share it. At the end everything is rolled
//! back, and whatever kept that from happening is said.
//!
//! ```no_run
//! # #[cfg(feature = "sqlite")]
//! # mod shop {
//! use diesel::connection::SimpleConnection;
//! use diesel::prelude::*;
//! use diesel::r2d2::{ConnectionManager, Pool};
//! use smoke_core::{Backend, Client, Result, Sandbox, Unique, ensure_eq};
//! use smoke_diesel::r2d2::{Interact, Rollback};
//!
//! type Db = Pool<ConnectionManager<SqliteConnection>>;
//!
//! diesel::table! {
//!     users { id -> Integer, email -> Text, }
//! }
//!
//! /// What is given to `Registry::rollback(..)`.
//! fn rollback(url: &str) -> impl Backend<Pool = Db> {
//!     Rollback::new(url).setup(|connection| connection.batch_execute("PRAGMA foreign_keys = ON"))
//! }
//!
//! /// A user who signs up is in the database, until the test is over.
//! async fn a_user_can_sign_up(client: Client, db: Sandbox<Db>, unique: Unique) -> Result {
//!     let email = unique.email();
//!     let body = serde_json::json!({ "email": email });
//!     client.post("/users").json(&body).send().await?.ensure_status(201)?;
//!     let wanted = email.clone();
//!     let found: i64 = db
//!         .interact(move |connection| {
//!             users::table.filter(users::email.eq(wanted)).count().get_result(connection)
//!         })
//!         .await?;
//!     ensure_eq!(found, 1);
//!     Ok(())
//! }
//! # }
//! ```
//!
//! # What holds, and what does not
//!
//! - `transaction()` within the sandbox is a savepoint, as deep as the application likes.
//!   `immediate_transaction()`, `build_transaction()` and a `begin_test_transaction()` of one's own
//!   need a connection without a transaction, and fail.
//! - There is **one connection**. A handler that checks out two at once, or a test that keeps one
//!   while it sends a request, is told so after a short wait.
//! - A transaction that is ended with raw SQL is noticed: after the request, at the next check-out
//!   (deadpool) and at the end. SQLite and PostgreSQL refuse such a commit, so that nothing stays.
//!   PostgreSQL does where the role may make temporary tables and no pooler stands between: with
//!   r2d2 that is proven over TCP on Linux. Elsewhere a warning says once that commits are real.
//!   After `ROLLBACK AND CHAIN` or `BEGIN READ WRITE` a commit is real everywhere.
//! - `SET CONSTRAINTS ALL IMMEDIATE` fails on PostgreSQL: what refuses the commit is a constraint.
//! - On PostgreSQL an SQL error aborts the transaction. It is undone with its request, so that the
//!   next ones work. Within the request, and in the test itself, a statement that is expected to
//!   fail needs a `transaction()` around it.
//! - A panic while a connection is held makes r2d2 close it, and the rows of the test are gone with
//!   it: the test is errored, "connection lost".
//! - SQLite has one writer: as long as a sandbox is open, the application's own writes wait or
//!   fail. That is at most one second; use WAL and a `busy_timeout`.
//! - Sequences, `setval()`, session advisory locks and what leaves the database are not rolled back.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `sqlite` | `r2d2::Rollback` for pools of `diesel::SqliteConnection` |
//! | `postgres-r2d2` | `r2d2::Rollback` for pools of `diesel::PgConnection`; needs libpq |
//! | `postgres` | PostgreSQL, for each pool that is chosen beside it |
//! | `deadpool` | with `postgres`: `deadpool::Rollback` for pools of `diesel_async::AsyncPgConnection` |
//! | `bundled` | SQLite built from source; without it the system's library is linked |
//!
//! None is on unless chosen.

#![cfg_attr(
    not(all(
        feature = "sqlite",
        feature = "postgres",
        feature = "postgres-r2d2",
        feature = "mysql",
        feature = "mysql-r2d2",
        feature = "deadpool",
        feature = "bb8"
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "some of what the backends share is used by those only that were not chosen"
    )
)]

mod dialect;
mod redact;
mod steps;
mod verdict;

#[cfg(any(feature = "deadpool", feature = "bb8"))]
pub mod asynchronous;
#[cfg(feature = "bb8")]
pub mod bb8;
#[cfg(feature = "deadpool")]
pub mod deadpool;
#[cfg(feature = "r2d2")]
pub mod r2d2;

pub use smoke_core;

use smoke_core::rollback::{absent, gate, savepoints};
