//! The backend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed;
use diesel::QueryResult;
use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};

use super::open::open;
use super::{Manager, Pool};
use crate::dialect::Dialect;
use crate::r2d2::Connection;

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
    pub(super) savepoint_each_statement: bool,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) accepts_implicit_commits: bool,
    pub(super) read_only: bool,
    pub(super) application_user: Option<Arc<str>>,
    limit: Option<Duration>,
    capacity: usize,
}

impl<C> Rollback<C> {
    fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            savepoint_each_statement: false,
            setups: Vec::new(),
            accepts_implicit_commits: false,
            read_only: false,
            application_user: None,
            limit: None,
            capacity: 1,
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

    /// Sandboxes in which nothing can be written, for tests that only read: on SQLite production's
    /// writers then do not wait for them. Beside one that writes, it gets a name of its own
    /// (`SandboxOf`, `Registry::rollback_of`).
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How long a sandbox may hold its transaction: 1 s on SQLite unless set, and 2 s elsewhere.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite,
    /// which has one writer. Each is a connection beside those of the application's pool.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }
}

#[cfg(feature = "sqlite")]
impl Rollback<diesel::SqliteConnection> {
    /// Sandboxes of the SQLite database with this URL.
    ///
    /// It has to be a file: an in-memory database has one connection.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(url)
    }
}

#[cfg(feature = "postgres-r2d2")]
impl Rollback<diesel::PgConnection> {
    /// Sandboxes of the PostgreSQL database with this URL.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    /// Names the user that the application connects as. Where sandboxes connect as another one,
    /// that is logged once: tests with other rights may pass where production fails.
    pub fn application_user(mut self, user: &str) -> Self {
        self.application_user = Some(user.into());
        self
    }

    /// Gives each statement a savepoint of its own, as long as the application is in no transaction of
    /// its own: an SQL error then aborts nothing but its statement, as in production. For applications
    /// that go on after one (get-or-create on a unique violation).
    ///
    /// It costs two round trips a statement, and works by way of a relay in this process that has
    /// to understand the connection: the URL has to say `sslmode=disable`.
    /// How it works: [`each_statement`](smoke_core::rollback::postgres::each_statement).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() {
    /// use smoke_diesel::deadpool_diesel::Rollback;
    ///
    /// let url = "postgres://app@db/shop?sslmode=disable";
    /// let rollback = Rollback::postgres(url).savepoint_each_statement();
    /// # }
    /// ```
    pub fn savepoint_each_statement(mut self) -> Self {
        self.savepoint_each_statement = true;
        self
    }
}

#[cfg(feature = "mysql-r2d2")]
impl Rollback<diesel::MysqlConnection> {
    /// Sandboxes of the MariaDB or MySQL database with this URL, in which nothing can be written
    /// before [`accept_implicit_commits`](Self::accept_implicit_commits).
    pub fn mysql(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    /// Lets tests and the application write, although these databases commit on their own before
    /// every statement that creates, alters, drops or truncates a table, locks one, grants a right
    /// or begins a transaction.
    ///
    /// **What was written before such a statement stays in the database**, whatever a sandbox
    /// does. The statement itself and what comes after it are refused, and the test is errored and
    /// not run again. So ask for this where the application's handlers send nothing of the kind.
    /// Tables of an engine without transactions (MyISAM, Aria) keep what is written, too.
    pub fn accept_implicit_commits(mut self) -> Self {
        self.accepts_implicit_commits = true;
        self
    }
}

impl<C> fmt::Debug for Rollback<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// For the connections whose databases were chosen among this crate's features.
impl<C: Connection> Backend for Rollback<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    type Pool = Pool<C>;

    fn describe(&self) -> String {
        format!("deadpool-diesel on {}", C::Dialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.capacity.min(C::Dialect::CAPACITY)
    }

    fn limit(&self) -> Duration {
        self.limit.unwrap_or(C::Dialect::LIMIT)
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>> {
        Box::pin(open(self, request))
    }
}
