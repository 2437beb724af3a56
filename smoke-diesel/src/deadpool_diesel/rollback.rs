//! The backend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use smoke_rollback::Choices;

use crate::choices::{choose_on_any, choose_on_mysql, choose_on_postgres};

pub(super) type Setup<C> = Arc<dyn Fn(&mut C) -> QueryResult<()> + Send + Sync>;

/// Makes sandboxes of an application that uses diesel with deadpool-diesel.
///
/// `C` is the pool's connection: the sandbox is a `deadpool_diesel::Pool<Manager<C>>`, which is the
/// `Pool` of `deadpool_diesel::sqlite` and its siblings. Such a pool connects with a URL only, and
/// so does a sandbox.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn rollback() {
/// use diesel::connection::SimpleConnection;
/// use smoke_diesel::deadpool_diesel::Rollback;
///
/// // The connection is set up as the application's are, before the transaction begins.
/// let rollback = Rollback::sqlite("app.db")
///     .setup(|connection| connection.batch_execute("PRAGMA foreign_keys = ON"));
/// # }
/// ```
#[must_use]
pub struct Rollback<C> {
    pub(super) url: String,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) choices: Choices,
}

impl<C> Rollback<C> {
    fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            setups: Vec::new(),
            choices: Choices::default(),
        }
    }

    /// Sets the connection up before the transaction begins, after what was given before: what
    /// hooks of the application's own pool do.
    pub fn setup(
        mut self,
        setup: impl Fn(&mut C) -> QueryResult<()> + Send + Sync + 'static,
    ) -> Self {
        self.setups.push(Arc::new(setup));
        self
    }

    choose_on_any!();
}

#[cfg(feature = "sqlite")]
impl Rollback<diesel::SqliteConnection> {
    /// Sandboxes of the SQLite database with this URL.
    ///
    /// It has to be a file: an in-memory database has one connection.
    /// A sandbox opens it where it is there, and never makes it.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(crate::sqlite::address(&url.into()))
    }
}

#[cfg(feature = "postgres-r2d2")]
impl Rollback<diesel::PgConnection> {
    /// Sandboxes of the PostgreSQL database with this URL.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    choose_on_postgres!(
        "use smoke_diesel::deadpool_diesel::Rollback;",
        "let rollback = Rollback::postgres(url).savepoint_each_statement();"
    );
}

#[cfg(feature = "mysql-r2d2")]
impl Rollback<diesel::MysqlConnection> {
    /// Sandboxes of the MariaDB or MySQL database with this URL, in which nothing can be written
    /// before [`accept_implicit_commits`](Self::accept_implicit_commits).
    pub fn mysql(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    choose_on_mysql!();
}

impl<C> fmt::Debug for Rollback<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("choices", &self.choices)
            .finish_non_exhaustive()
    }
}
