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
use smoke_rollback::Choices;

use super::opener::{Setup, by};
use super::{Connect, Connection, Manager, SandboxPool};
use crate::choices::{choose_on_any, choose_on_mysql, choose_on_postgres};

/// Makes sandboxes of an application that uses diesel-async.
///
/// `P` is the pool, and `C` its connection. Each pool's module has a shorter name for it.
#[must_use]
pub struct Rollback<P, C> {
    pub(super) connect: Connect<C>,
    pub(super) url: Option<Arc<str>>,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) choices: Choices,
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

    choose_on_postgres!(
        "use diesel_async::AsyncPgConnection;\nuse smoke_diesel::deadpool::Rollback;",
        "let rollback = Rollback::<AsyncPgConnection>::postgres(url).savepoint_each_statement();"
    );
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

    choose_on_mysql!();
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
    /// A sandbox opens it where it is there, and never makes it.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(crate::sqlite::address(&url.into()))
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
    /// On SQLite such a manager would make a database file that is missing, and no sandbox is opened
    /// with it: use `sqlite(url)`.
    ///
    /// On PostgreSQL what the server says cannot be listened to then: of an error that comes with rows
    /// (`INSERT .. RETURNING`), and that a handler keeps to itself, a report tells no more than that
    /// there was one.
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
            setups: Vec::new(),
            choices: Choices::default(),
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

    choose_on_any!();
}

impl<P, C> fmt::Debug for Rollback<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("choices", &self.choices)
            .finish_non_exhaustive()
    }
}
