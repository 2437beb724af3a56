//! What the suite needs to know of a backend.

use std::any::Any;
use std::future::Future;

use smoke_core::Backend;

use super::connections;

/// A database that the suite may write to, and a backend for a pool of it.
///
/// The functions use the pool as an application does, through the library that it belongs to.
pub trait Database: Clone + Send + Sync + 'static {
    /// The library's pool type.
    type Pool: Clone + Send + Sync + 'static;

    /// The backend.
    fn backend(&self) -> impl Backend<Pool = Self::Pool>;

    /// The same backend for a database that is not there.
    fn unreachable(&self) -> impl Backend<Pool = Self::Pool>;

    /// An ordinary pool, as production has it.
    fn production(&self) -> Self::Pool;

    /// Which SQL the database speaks.
    fn dialect(&self) -> Dialect;

    /// How many connections to the database are open: what is not known is found out on production's
    /// pool. On SQLite these are the file descriptors that this process has of the file.
    ///
    /// Only a [`Dialect::Other`] has to count them itself.
    fn connections(
        &self,
        production: &Self::Pool,
    ) -> impl Future<Output = Result<i64, String>> + Send {
        connections::count::<Self>(self.dialect(), production)
    }

    /// Whether the backend has the database refuse a COMMIT: then nothing stays after an escape. Not so unless
    /// said.
    fn seals(&self) -> bool {
        false
    }

    /// What can be known of an error of the database that the application keeps to itself: of a
    /// statement that returns rows, and of one that does not.
    fn shows(&self, returns_rows: bool) -> Shows {
        let _ = returns_rows;
        Shows::WhatWasSaid
    }

    /// What the pool says once the test is over: that it is closed, where it can be.
    fn closed(&self) -> &'static str {
        "closed"
    }

    /// Takes a connection, runs statements as they are and gives it back; a connection that was
    /// asked for in vain is an error, too.
    fn execute(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Takes a connection, runs statements in a transaction of the library's own, and commits it.
    fn transaction(pool: &Self::Pool, sql: &str)
    -> impl Future<Output = Result<(), String>> + Send;

    /// Takes a connection and asks for one number.
    fn number(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<i64, String>> + Send;

    /// Takes a connection and keeps it until what is returned is dropped.
    fn hold(pool: &Self::Pool) -> impl Future<Output = Result<Box<dyn Any + Send>, String>> + Send;
}

/// What can be known of an error of the database that the application keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shows {
    /// What the database said.
    WhatWasSaid,
    /// That there was one, by what it did to the transaction.
    ThatItWas,
    /// Nothing.
    Nothing,
}

/// Which SQL a database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// MariaDB or MySQL.
    Mysql,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// Another one. It knows the few statements of the suite: a table with an `INTEGER PRIMARY KEY`,
    /// `INSERT .. RETURNING`, `DELETE`, `COUNT(*)`, `ADD COLUMN`, and `COMMIT AND CHAIN`; and others can
    /// write while a sandbox does that has not written.
    Other,
}
