//! A new database with one table, and what its server counts.

mod mariadb;
mod postgres;
mod sqlite;

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

pub use mariadb::MariadbDatabase;
pub use postgres::PostgresDatabase;
pub use sqlite::SqliteDatabase;

/// A database with a table `benched`, and nobody else in it, until [`Database::remove`].
pub trait Database: Sized + Send + Sync {
    /// Its name in a table.
    const NAME: &'static str;
    /// How many sandboxes may be open at the same time.
    const LANES: usize;
    /// What its server counts, as the columns of a table: nothing where it has none.
    const COUNTS: &'static [&'static str];

    /// Makes one where the environment says.
    fn new() -> impl Future<Output = Result<Self>>;

    /// What the application connects with.
    fn url(&self) -> &str;

    /// The server's version.
    fn version(&self) -> impl Future<Output = Result<String>>;

    /// How many connections there are to it but that of the one who counts.
    fn connections(&self) -> impl Future<Output = Result<i64>>;

    /// Each count by now.
    fn counts(&self) -> impl Future<Output = Result<Vec<i64>>>;

    /// Makes the server forget the statements of before: it keeps a limited number apart.
    fn forget_statements(&self) -> impl Future<Output = Result<()>>;

    /// How many texts of statements with this word the server keeps apart. None where it does not
    /// look at them.
    fn statement_texts(&self, word: &str) -> impl Future<Output = Result<Option<i64>>>;

    /// The counts once nobody is connected any more: a connection may tell what it did when it ends.
    fn counts_at_rest(&self) -> impl Future<Output = Result<Vec<i64>>> {
        async {
            let start = Instant::now();
            while self.connections().await? > 0 {
                let waited = start.elapsed();
                ensure!(waited < REST, "somebody is connected after {waited:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.counts().await
        }
    }

    /// Removes it.
    fn remove(self) -> impl Future<Output = Result<()>>;
}

/// How long the server may take to see that nobody is connected any more.
const REST: Duration = Duration::from_secs(30);

fn from_environment(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| {
        format!("{name} is not set: `cargo xtask bench` starts a server and sets it")
    })
}

/// The URL with another database of the same server.
fn at(url: &str, database: &str) -> Result<String> {
    let (server, _) = url.rsplit_once('/').context("a URL without a database")?;
    Ok(format!("{server}/{database}"))
}

fn new_name() -> String {
    format!("bench_{}", uuid::Uuid::new_v4().simple())
}
