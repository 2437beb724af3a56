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
//!   (diesel-async on a server) and at the end. What the database is told to do about it differs:
//!
//! | | a raw `COMMIT` | what comes after it | what is seen, but real |
//! |---|---|---|---|
//! | SQLite | is refused | is refused | |
//! | PostgreSQL | is refused | is read-only | `ROLLBACK AND CHAIN`, `BEGIN READ WRITE` or `CLOSE ALL`, and a `COMMIT` after it |
//! | PostgreSQL behind a pooler | is refused | is carried out | what comes after it |
//! | MariaDB, MySQL | is carried out | is read-only | what was written before it; `COMMIT AND CHAIN` or `START TRANSACTION READ WRITE` |
//!
//! - That no pooler stands between, diesel-async shows by the number of the server's process; for
//!   libpq it has to be a TCP connection, on Linux, without translated addresses. Elsewhere a
//!   warning says once that what comes after a refused `COMMIT` is real.
//! - MariaDB and MySQL **commit on their own** before statements like `CREATE`, `TRUNCATE` and
//!   `LOCK TABLES`. Such a statement is refused, but what was written before it stays. So nothing
//!   can be written on them before `accept_implicit_commits()`. Writes to tables without
//!   transactions (MyISAM, Aria) stay, and are reported. A deadlock ends the transaction as a
//!   `COMMIT` does: it is contention if no statement can have committed, and else an escape. A proxy
//!   that shares connections among clients would hand the sandbox's settings on: connect to the server
//!   itself. MySQL is not tested.
//! - On PostgreSQL an SQL error aborts the transaction. It is undone with its request, so that the
//!   next ones work. Within the request, and in the test itself, a statement that is expected to
//!   fail needs a `transaction()` around it, or the sandbox `savepoint_each_statement()`.
//! - A panic while a connection is held makes r2d2 and bb8 close it, and the rows of the test are
//!   gone with it: the test is errored, "connection lost".
//! - SQLite has one writer: as long as a sandbox is open, the application's own writes wait or
//!   fail. That is at most one second; use WAL and a `busy_timeout`.
//! - SQLite's file is opened where it is there, and never made, whatever the URL says. A manager of
//!   the application's own hides its URL: `with_manager` is refused on SQLite.
//! - `SyncConnectionWrapper` waits for a statement whose future is dropped, on the thread that drops
//!   it: a test whose statement runs too long holds that thread until the sandbox's limit
//!   interrupts the statement. It needs a multi-threaded runtime, which that of a runner is.
//! - deadpool-diesel lends a connection while work that nobody waits for any more is still in line for
//!   it. What that work does is within the transaction, or after the rollback in one that is
//!   never committed, and a statement that runs on is ended from outside. A panic in `interact`
//!   costs the connection.
//! - Sequences, `setval()`, session advisory locks and what leaves the database are not rolled back.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `sqlite` | `r2d2::Rollback::sqlite`, for pools of `diesel::SqliteConnection` |
//! | `sqlite-async` | with a pool of diesel-async: `Rollback::sqlite`, for `SyncConnectionWrapper<diesel::SqliteConnection>` |
//! | `postgres-r2d2` | `r2d2::Rollback::postgres`, for pools of `diesel::PgConnection`; links libpq |
//! | `mysql-r2d2` | `r2d2::Rollback::mysql`, for pools of `diesel::MysqlConnection`; links libmariadb or libmysqlclient |
//! | `postgres` | with a pool of diesel-async: `Rollback::postgres`, for `diesel_async::AsyncPgConnection` |
//! | `mysql` | with a pool of diesel-async: `Rollback::mysql`, for `diesel_async::AsyncMysqlConnection` |
//! | `deadpool` | `deadpool::Rollback`, for the databases of diesel-async that are chosen |
//! | `bb8` | `bb8::Rollback`, for the same |
//! | `deadpool-diesel` | `deadpool_diesel::Rollback`, for the databases that are chosen for r2d2 |
//! | `savepoint-each-statement` | `savepoint_each_statement()` on PostgreSQL |
//! | `bundled` | SQLite built from source; without it the system's library is linked |
//!
//! None is on unless chosen; `r2d2` is what those for its pools have in common. There is none for mobc:
//! diesel-async 0.9 has it close every connection that is given back in order.

#![cfg_attr(
    not(all(
        feature = "sqlite",
        feature = "sqlite-async",
        feature = "postgres",
        feature = "postgres-r2d2",
        feature = "mysql",
        feature = "mysql-r2d2",
        feature = "deadpool",
        feature = "deadpool-diesel",
        feature = "bb8"
    )),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "some of what the backends share is used by those only that were not chosen"
    )
)]

#[cfg(feature = "r2d2")]
mod blocking;
mod choices;
mod each_statement;
mod errors;
mod instrumentation;
#[cfg(any(feature = "sqlite", feature = "sqlite-async"))]
mod sqlite;
#[cfg(any(feature = "deadpool", feature = "deadpool-diesel"))]
mod waited;

#[cfg(any(feature = "deadpool", feature = "bb8"))]
pub mod asynchronous;
#[cfg(feature = "bb8")]
pub mod bb8;
#[cfg(feature = "deadpool")]
pub mod deadpool;
#[cfg(feature = "deadpool-diesel")]
pub mod deadpool_diesel;
#[cfg(feature = "r2d2")]
pub mod r2d2;

pub use smoke_core;
