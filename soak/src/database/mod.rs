//! A new database for one test, and the census of what is held in it.

mod mariadb;
mod postgres;
mod sqlite;

use std::future::Future;
use std::time::{Duration, Instant};

use smoke_conformance::eventually;

pub use mariadb::MariadbDatabase;
pub use postgres::PostgresDatabase;
pub use sqlite::{LockWatch, SqliteDatabase};

use crate::shop;
use crate::stack::{Connection, Stack};

/// A new database with the shop's tables, and nobody else in it, until this is dropped.
pub trait Database: Sized {
    /// What the shop stands on.
    type Stack: Stack;

    /// Makes one on the server that the environment names.
    fn new() -> impl Future<Output = Self>;

    /// What the application connects with.
    fn url(&self) -> &str;

    /// What is open or locked in it, as a superuser sees it from elsewhere.
    fn held(&self) -> impl Future<Output = Vec<String>>;

    /// How many connections others have to it.
    fn connections(&self) -> impl Future<Output = i64>;

    /// What is held in it, and the rows that a smoke test has left.
    fn left(&self) -> impl Future<Output = Vec<String>> {
        async {
            let mut left = self.held().await;
            // Behind a lock one would wait for it.
            if left.is_empty() {
                let mut connection = <Self::Stack as Stack>::Connection::connect(self.url())
                    .await
                    .unwrap();
                for (what, sql) in [
                    ("rows in sales", shop::ROWS),
                    (
                        "sold at the tills",
                        "SELECT CAST(SUM(sold) AS INTEGER) FROM tills",
                    ),
                ] {
                    let sql = &sql.replace("AS INTEGER", self.integer());
                    note(&mut left, what, connection.number(sql).await.unwrap());
                }
            }
            left
        }
    }

    /// A whole number, for a `CAST`.
    fn integer(&self) -> &'static str {
        "AS BIGINT"
    }

    /// Looks until nothing is left, and says how long that took.
    fn until_nothing_is_left(
        &self,
        limit: Duration,
    ) -> impl Future<Output = Result<Duration, String>> {
        until_empty(limit, || self.left())
    }

    /// Looks until the server has seen every connection to it go.
    fn until_nobody_is_connected(
        &self,
        limit: Duration,
    ) -> impl Future<Output = Result<Duration, String>> {
        until_empty(limit, async || {
            let mut left = Vec::new();
            note(&mut left, "connections", self.connections().await);
            left
        })
    }
}

async fn until_empty<F>(limit: Duration, look: impl FnMut() -> F) -> Result<Duration, String>
where
    F: Future<Output = Vec<String>>,
{
    let start = Instant::now();
    eventually(limit, look, Vec::is_empty).await?;
    Ok(start.elapsed())
}

fn note(left: &mut Vec<String>, what: &str, count: i64) {
    if count != 0 {
        left.push(format!("{count} {what}"));
    }
}

fn from_environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test` starts a server and sets it")
    })
}

/// The URL with another database of the same server.
fn at(url: &str, database: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{database}")
}

fn new_name() -> String {
    format!("soak_{}", uuid::Uuid::new_v4().simple())
}

/// How long a server may take to drop a database, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A destructor cannot wait; the thread has a runtime of its own.
fn administer<C: Connection>(url: String, sql: String) {
    let done = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let administering = async {
            let mut connection = C::connect(&url).await.unwrap();
            connection.run(&sql).await.unwrap();
        };
        let limited = async { tokio::time::timeout(PATIENCE, administering).await };
        runtime.block_on(limited).unwrap();
    });
    if done.join().is_err() {
        eprintln!("a database is left behind");
    }
}
