//! The databases and pools whose connections are moved.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::future::Future;
use std::time::Duration;

use smoke_core::Backend;

/// How long to wait for what comes by itself, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long a sandbox is held where its limit is not to end anything.
pub(crate) const HELD: Duration = Duration::from_secs(30);

/// A database of its own with a table `t (x)`, and an application that has a pool of it.
pub(crate) trait Place: Sized + Send + Sync + 'static {
    type Pool: Clone + Send + Sync + 'static;

    /// Asks which connection it is that is asked.
    const WHO: &'static str;

    /// A statement that takes very long.
    const LONG: &'static str;

    async fn new() -> Self;

    /// A backend that moves connections, whose sandboxes have that limit.
    fn moving(&self, limit: Duration) -> impl Backend<Pool = Self::Pool>;

    /// The same, whose sandboxes only read.
    fn reading(&self) -> impl Backend<Pool = Self::Pool>;

    /// A backend that makes a connection for each test.
    fn one_a_test(&self) -> impl Backend<Pool = Self::Pool>;

    /// Checks a connection out, runs statements and checks it in.
    fn run(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// The same, for the first column of the first row.
    fn ask(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<String, String>> + Send;

    /// Runs statements in a transaction of the library's and rolls that back.
    fn roll_back(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Begins a transaction of the library's and does not end it.
    fn leave_open(pool: &Self::Pool) -> impl Future<Output = Result<(), String>> + Send;

    /// How many rows production has.
    async fn rows(&self) -> i64;

    /// Ends a connection from outside.
    fn end(&self, who: &str) -> impl Future<Output = ()> + Send;

    /// Waits until sandboxes have no connection any more, and says how many they have made, where
    /// the database counts them.
    async fn made(&self) -> Option<usize>;
}

/// Has each function tested in every place.
macro_rules! in_every_place {
    ($($test:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::place::postgres::Postgres>().await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::place::sqlite::Sqlite>().await;
            })*
        }
    };
}
pub(crate) use in_every_place;
