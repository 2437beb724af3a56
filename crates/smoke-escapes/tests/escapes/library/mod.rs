//! The libraries whose pools are tried.

pub(crate) mod deadpool;
pub(crate) mod r2d2;
pub(crate) mod sqlx;

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::Backend;
use tokio::sync::oneshot;

use crate::scene::Scene;

/// A pool of one library on one database, as an application uses it.
pub(crate) trait Library: Clone + Send + Sync + 'static {
    type Pool: Clone + Send + Sync + 'static;

    /// A connection that was taken.
    type Held: Send + 'static;

    /// As the table shows it.
    fn name(&self) -> String;

    /// The backend, with a limit for how long a sandbox is held.
    fn backend(&self, limit: Duration) -> impl Backend<Pool = Self::Pool>;

    /// Whether a connection is moved from one test of a run to the next.
    fn moves(&self) -> bool {
        false
    }

    /// Where the database's file is, for `{folder}` in a statement.
    fn folder(&self) -> String {
        String::new()
    }

    /// An ordinary pool of one connection, as production has it.
    fn production(&self) -> Self::Pool;

    fn take(pool: &Self::Pool) -> impl Future<Output = Result<Self::Held, String>> + Send;

    fn run(held: &mut Self::Held, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Begins a transaction of the library's own, runs statements in it, says that it waits, and
    /// waits.
    fn begin_and_wait(
        pool: &Self::Pool,
        sql: &str,
        waits: oneshot::Sender<()>,
    ) -> impl Future<Output = ()> + Send;

    /// Asks for one text.
    fn text(
        held: &mut Self::Held,
        sql: &str,
    ) -> impl Future<Output = Result<String, String>> + Send;

    /// The ways out that only this library has.
    fn own(&self) -> &'static [Own<Self>];
}

/// What only one library can do.
pub(crate) struct Own<L: Library> {
    pub(crate) name: &'static str,
    pub(crate) act: fn(Scene<L>) -> BoxFuture<'static, Result<(), String>>,
}

/// A row that a way out writes.
pub(crate) const ROW: &str = "INSERT INTO escapes (id, note) VALUES (10, 'of a way out')";

pub(crate) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The column of a library, which on MariaDB has two.
fn named(library: &str, writes: bool) -> String {
    if writes {
        library.to_owned()
    } else {
        format!("{library}, read-only")
    }
}
