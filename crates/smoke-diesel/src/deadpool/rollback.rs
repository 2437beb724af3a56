//! The backend.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::Manager;
use diesel::{ConnectionError, QueryResult};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::acting::as_session;
use smoke_core::{Backend, HandleToken, OpenRequest, Opened, Result};

use super::hooks::{check, count};
use super::opener::{Opener, Setup};
use super::session::Session;
use super::{Connect, Pool};
use crate::absent::{OPENING, not_opened_in_time, patience};
use crate::dialect::{Dialect, PostgresDialect, Terms};
use crate::gate::Gate;
use crate::redact::redact;
use crate::savepoints::Savepoints;

/// Makes sandboxes of an application that uses diesel-async with deadpool.
///
/// `C` is the pool's connection: the sandbox is a `deadpool::Pool<C>`.
///
/// # Examples
///
/// ```no_run
/// use diesel_async::SimpleAsyncConnection;
/// use smoke_diesel::deadpool::Rollback;
///
/// # let url = "postgres://app@localhost/shop";
/// let rollback = Rollback::new(url).setup(|connection| {
///     Box::pin(async move { connection.batch_execute("SET search_path = shop").await })
/// });
/// ```
#[must_use]
pub struct Rollback<C> {
    connect: Connect,
    setups: Vec<Setup>,
    limit: Option<Duration>,
    capacity: usize,
    connection: PhantomData<fn() -> C>,
}

impl Rollback<AsyncPgConnection> {
    /// Sandboxes of the PostgreSQL database with this URL, without TLS.
    pub fn new(url: impl Into<String>) -> Self {
        let url: Arc<str> = url.into().into();
        Self::with_connect(Arc::new(move || {
            let url = Arc::clone(&url);
            async move { AsyncPgConnection::establish(&url).await }.boxed()
        }))
    }

    /// Sandboxes that connect as the application does (with TLS, with tokens that expire): with
    /// a manager made by this function.
    ///
    /// # Examples
    ///
    /// ```no_run
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
    /// let rollback = Rollback::with_manager(manager);
    /// ```
    pub fn with_manager(
        manager: impl Fn() -> AsyncDieselConnectionManager<AsyncPgConnection> + Send + Sync + 'static,
    ) -> Self {
        Self::with_connect(Arc::new(move || {
            let manager = manager();
            async move {
                manager.create().await.map_err(|error| match error {
                    PoolError::ConnectionError(error) => error,
                    PoolError::QueryError(error) => {
                        ConnectionError::CouldntSetupConfiguration(error)
                    }
                })
            }
            .boxed()
        }))
    }

    fn with_connect(connect: Connect) -> Self {
        Self {
            connect,
            setups: Vec::new(),
            limit: None,
            capacity: 1,
            connection: PhantomData,
        }
    }

    /// Sets the connection up before the transaction begins, after what was given before: what
    /// hooks of the application's own pool do.
    pub fn setup(
        mut self,
        setup: impl for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<()>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.setups.push(Arc::new(setup));
        self
    }

    /// How long a sandbox may hold its transaction: 2 s unless set.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many sandboxes may be open at the same time: 1 unless set. Each is a connection
    /// beside those of the application's pool.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
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

impl Backend for Rollback<AsyncPgConnection> {
    type Pool = Pool;

    fn describe(&self) -> String {
        format!("diesel-async deadpool on {}", PostgresDialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn limit(&self) -> Duration {
        self.limit.unwrap_or(PostgresDialect::LIMIT)
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        Box::pin(open(self, request))
    }
}

async fn open(
    rollback: &Rollback<AsyncPgConnection>,
    request: OpenRequest,
) -> Result<Opened<Pool>> {
    let gate = Arc::new(Gate::default());
    let savepoints = Savepoints::new();
    let server_side = Arc::new(OnceLock::new());
    let (token, watch) = HandleToken::new();
    let terms = Arc::new(Terms {
        guard: savepoints.guard(),
        test: request.test,
        limit: request.limit,
    });
    let opener = Arc::new(Opener {
        connect: Arc::clone(&rollback.connect),
        gate: Arc::clone(&gate),
        setups: rollback.setups.clone(),
        terms: Arc::clone(&terms),
        server_side: Arc::clone(&server_side),
        _token: token,
    });
    let mut config = ManagerConfig::default();
    // The check at each check-out asks the server.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_url| {
        let opener = Arc::clone(&opener);
        async move { opener.open().await }.boxed()
    });
    let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
    let pool = Pool::builder(manager)
        .max_size(1)
        .wait_timeout(Some(patience(request.limit)))
        .runtime(Runtime::Tokio1)
        .pre_recycle(check(Arc::clone(&gate), terms))
        .post_recycle(count(Arc::clone(&gate)))
        .build()?;
    let connected = tokio::time::timeout(OPENING, as_session(pool.get())).await;
    match connected {
        Ok(Ok(connection)) => drop(connection),
        Ok(Err(error)) => return Err(smoke_core::Error::msg(redact(&said(&error)))),
        Err(_) => return Err(not_opened_in_time()),
    }
    let session = Session::new(
        pool.clone(),
        gate,
        watch,
        savepoints,
        server_side,
        Arc::clone(&rollback.connect),
    );
    Ok(Opened {
        pool,
        session: Arc::new(session),
    })
}

/// What the driver said, without what the pool says of where it said it.
fn said(error: &deadpool::managed::PoolError<PoolError>) -> String {
    match error {
        deadpool::managed::PoolError::Backend(error) => error.to_string(),
        error => error.to_string(),
    }
}
