//! Rolled-back sandboxes for sqlx connection pools.
//!
//! A smoke test that asks for a `Sandbox<PgPool>`, a `Sandbox<MySqlPool>` or a
//! `Sandbox<SqlitePool>` gets a pool of the application's own type. Its one connection is new, is set
//! up as the application's are, and is inside a transaction from connect to close. The test and the
//! application share it. At the end everything is rolled back, and whatever kept that from happening
//! is said.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # mod shop {
//! use smoke_core::{Backend, Client, Result, Sandbox, Unique, ensure_eq};
//! use smoke_sqlx::Rollback;
//! use sqlx::PgPool;
//!
//! /// What is given to `Registry::rollback(..)`: sandboxes that connect as production does.
//! fn rollback(production: &PgPool) -> impl Backend<Pool = PgPool> {
//!     Rollback::like(production)
//! }
//!
//! /// A user who signs up is in the database, until the test is over.
//! async fn a_user_can_sign_up(client: Client, db: Sandbox<PgPool>, unique: Unique) -> Result {
//!     let email = unique.email();
//!     client.post("/users").body(email.clone()).send().await?.ensure_status(201)?;
//!     let found: i64 = sqlx::query_scalar("SELECT count(*) FROM users WHERE email = $1")
//!         .bind(email)
//!         .fetch_one(&*db)
//!         .await?;
//!     ensure_eq!(found, 1);
//!     Ok(())
//! }
//! # }
//! ```
//!
//! # What holds, and what does not
//!
//! - `begin()` within the sandbox is a savepoint, as deep as the application likes. `begin_with(..)`,
//!   and with it an isolation level of one's own, needs a connection without a transaction, and
//!   fails. sqlx 0.9 then rolls back one level too many; a sandbox has levels to spare, and the
//!   test is errored, "limit of the sandbox".
//! - There is **one connection**. A handler that checks out two at once, or a test that keeps one
//!   while it sends a request, is told so after a short wait. A `PgListener` keeps one. sqlx tells
//!   nobody of a time-out that a handler keeps to itself: the failure then says that the connection
//!   was in use for as long as the pool waits.
//! - A transaction that is ended with raw SQL is noticed: at the next check-out, after the request
//!   and at the end. SQLite and PostgreSQL refuse such a commit, so that nothing stays. On PostgreSQL
//!   what comes after it is read-only where no pooler stands between, which is proven over TCP on
//!   Linux. Elsewhere a warning says once that it is real. After `ROLLBACK AND CHAIN`, `BEGIN READ
//!   WRITE` or `CLOSE ALL` a commit is real everywhere.
//! - MariaDB and MySQL commit on their own before statements like `CREATE`, `TRUNCATE` and `START
//!   TRANSACTION`, and have no way to refuse it: such an end is noticed, but **what was written before
//!   it stays**. A sandbox is read-only there until `accept_implicit_commits()` is called, and read-only
//!   from such a statement on. A deadlock reads as an escape. Where tables without transactions
//!   were written to, the server says so at the rollback, and the test is errored.
//! - `SET CONSTRAINTS ALL IMMEDIATE` fails on PostgreSQL: what refuses the commit is a constraint.
//! - On PostgreSQL an SQL error aborts the transaction. What was done during that check-out is
//!   undone, and the next check-out works: for `execute(&pool)` that is what happens outside of a
//!   transaction too. Whoever goes on with the same connection needs a `begin()` around the
//!   statement that is expected to fail.
//! - A connection that leaves the pool (`detach`, `leak`, `close`) is not replaced, and is ended from
//!   outside: the test is errored. `try_acquire()` is not counted as a check-out.
//! - SQLite has one writer: as long as a sandbox is open, the application's own writes wait or
//!   fail. That is at most one second; use WAL and a `busy_timeout`. Its file is opened where it is
//!   there, and never made, whatever the options say.
//! - Sequences, `setval()`, session advisory locks and what leaves the database are not rolled back.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `postgres` | `Rollback<Postgres>` |
//! | `mysql` | `Rollback<MySql>`, for MariaDB and MySQL; links no system library |
//! | `sqlite` | `Rollback<Sqlite>` |
//! | `savepoint-each-statement` | `savepoint_each_statement()` on PostgreSQL |
//! | `bundled` | SQLite built from source; without it sqlx's own features say what is linked |
//!
//! None is on unless chosen. What sqlx itself is to be built with (the runtime, TLS, macros) is chosen
//! where the application depends on it: `runtime-tokio`, since smoke tests run on Tokio.

#![cfg_attr(
    not(all(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(
        dead_code,
        reason = "some of what the databases share is used by those only that were not chosen"
    )
)]

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod backend;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod database;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod each_statement;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod errors;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod levels;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod link;
mod on_top;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod open;
mod rollback;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod said;
mod version;

pub use rollback::Rollback;
pub use smoke_core;
