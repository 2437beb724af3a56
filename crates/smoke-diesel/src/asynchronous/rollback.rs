//! The backend.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
#[cfg(feature = "sqlite-async")]
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};

use super::open::open;
use super::opener::{Setup, by};
use super::{Connect, Connection, Manager, SandboxPool};
use crate::dialect::Dialect;

/// Makes sandboxes of an application that uses diesel-async.
///
/// `P` is the pool, and `C` its connection. Each pool's module has a shorter name for it.
#[must_use]
pub struct Rollback<P, C> {
    pub(super) connect: Connect<C>,
    pub(super) url: Option<Arc<str>>,
    pub(super) savepoint_each_statement: bool,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) writes: bool,
    pub(super) read_only: bool,
    pub(super) application_user: Option<Arc<str>>,
    limit: Option<Duration>,
    capacity: usize,
    pool: PhantomData<fn() -> P>,
}

#[cfg(feature = "postgres")]
#[expect(
    private_bounds,
    reason = "pools and databases are chosen by features, not implemented elsewhere"
)]
impl<P> Rollback<P, diesel_async::AsyncPgConnection>
where
    P: SandboxPool<Connection = diesel_async::AsyncPgConnection>,
{
    /// The same as [`postgres`](Self::postgres).
    pub fn new(url: impl Into<String>) -> Self {
        Self::postgres(url)
    }

    /// Sandboxes of the PostgreSQL database with this URL, without TLS.
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
    /// to understand the connection: the URL has to say `sslmode=disable`, and to be given here.
    /// How it works: [`each_statement`](smoke_core::rollback::postgres::each_statement).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(all(feature = "deadpool", feature = "postgres"))]
    /// # fn example() {
    /// use diesel_async::AsyncPgConnection;
    /// use smoke_diesel::deadpool::Rollback;
    ///
    /// let url = "postgres://app@db/shop?sslmode=disable";
    /// let rollback = Rollback::<AsyncPgConnection>::postgres(url).savepoint_each_statement();
    /// # }
    /// ```
    pub fn savepoint_each_statement(mut self) -> Self {
        self.savepoint_each_statement = true;
        self
    }
}

#[cfg(feature = "mysql")]
#[expect(
    private_bounds,
    reason = "pools and databases are chosen by features, not implemented elsewhere"
)]
impl<P> Rollback<P, diesel_async::AsyncMysqlConnection>
where
    P: SandboxPool<Connection = diesel_async::AsyncMysqlConnection>,
{
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
        self.writes = true;
        self
    }
}

#[cfg(feature = "sqlite-async")]
#[expect(
    private_bounds,
    reason = "pools and databases are chosen by features, not implemented elsewhere"
)]
impl<P> Rollback<P, SyncConnectionWrapper<diesel::SqliteConnection>>
where
    P: SandboxPool<Connection = SyncConnectionWrapper<diesel::SqliteConnection>>,
{
    /// Sandboxes of the SQLite database with this URL.
    ///
    /// It has to be a file: an in-memory database has one connection.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(url)
    }
}

#[expect(
    private_bounds,
    reason = "pools and databases are chosen by features, not implemented elsewhere"
)]
impl<P: SandboxPool<Connection = C>, C: Connection> Rollback<P, C> {
    /// Sandboxes that connect as the application does (with TLS, with tokens that expire): with
    /// a manager made by this function.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(all(feature = "deadpool", feature = "postgres"))]
    /// # mod shop {
    /// use diesel_async::AsyncPgConnection;
    /// use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
    /// use smoke_diesel::deadpool::Rollback;
    ///
    /// /// What the application's own pool is made with.
    /// fn manager() -> AsyncDieselConnectionManager<AsyncPgConnection> {
    ///     let mut config = ManagerConfig::default();
    ///     config.custom_setup = Box::new(|url| {
    ///         Box::pin(async move {
    ///             // Connect with TLS.
    /// #           use diesel_async::AsyncConnection;
    /// #           AsyncPgConnection::establish(url).await
    ///         })
    ///     });
    ///     AsyncDieselConnectionManager::new_with_config("postgres://app@db/shop", config)
    /// }
    ///
    /// fn rollback() -> Rollback<AsyncPgConnection> {
    ///     Rollback::with_manager(manager)
    /// }
    /// # }
    /// ```
    pub fn with_manager(manager: impl Fn() -> Manager<C> + Send + Sync + 'static) -> Self {
        Self::with_connect(Arc::new(move || P::connect(manager()).boxed()))
    }

    fn at(url: impl Into<String>) -> Self {
        let url: Arc<str> = url.into().into();
        Self {
            url: Some(Arc::clone(&url)),
            ..Self::with_connect(by(url))
        }
    }

    fn with_connect(connect: Connect<C>) -> Self {
        Self {
            connect,
            url: None,
            savepoint_each_statement: false,
            setups: Vec::new(),
            writes: C::Dialect::WRITES,
            read_only: false,
            application_user: None,
            limit: None,
            capacity: 1,
            pool: PhantomData,
        }
    }

    /// Sets the connection up before the transaction begins, after what was given before: what
    /// hooks of the application's own pool do.
    pub fn setup(
        mut self,
        setup: impl for<'c> Fn(&'c mut C) -> BoxFuture<'c, QueryResult<()>> + Send + Sync + 'static,
    ) -> Self {
        self.setups.push(Arc::new(setup));
        self
    }

    /// Sandboxes in which nothing can be written, for tests that only read. Beside one
    /// that writes, it gets a name of its own (`SandboxOf`, `Registry::rollback_of`).
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How long a sandbox may hold its transaction: 2 s unless set, and 1 s on SQLite.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite. Each is
    /// a connection beside those of the application's pool.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }
}

impl<P, C> fmt::Debug for Rollback<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// For the connections whose databases were chosen among this crate's features.
impl<P: SandboxPool<Connection = C>, C: Connection> Backend for Rollback<P, C> {
    type Pool = P;

    fn describe(&self) -> String {
        format!("diesel-async {} on {}", P::NAME, C::Dialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.capacity.min(C::Dialect::CAPACITY)
    }

    fn limit(&self) -> Duration {
        self.limit.unwrap_or(C::Dialect::LIMIT)
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<P>>> {
        Box::pin(open(self, request))
    }
}
