//! The backend.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::r2d2::{ConnectionManager, CustomizeConnection, ManageConnection, R2D2Connection};
use futures_util::future::BoxFuture;
use smoke_core::{Backend, HandleToken, OpenRequest, Opened, Result};

use super::Pool;
use super::connection::Connection;
use super::observe::{ConnectErrors, Events, Reply, as_session};
use super::opener::{Opener, Setup};
use super::session::Session;
use crate::absent::{OPENING, not_opened_in_time, patience};
use crate::dialect::{Dialect, Terms};
use crate::each_statement::by_way_of_relay;
use crate::gate::Gate;
use crate::savepoints::Savepoints;

/// Makes sandboxes of an application that uses diesel with r2d2.
///
/// `M` is the pool's connection manager: the sandbox is a `Pool<M>`.
///
/// # Examples
///
/// ```no_run
/// use diesel::connection::SimpleConnection;
/// use smoke_diesel::r2d2::Rollback;
///
/// # let url = "app.db";
/// // The connection is set up as the application's are, before the transaction begins.
/// let rollback = Rollback::new(url)
///     .setup(|connection| connection.batch_execute("PRAGMA foreign_keys = ON"));
/// ```
#[must_use]
pub struct Rollback<M: ManageConnection> {
    manager: Arc<dyn Fn() -> M + Send + Sync>,
    url: Option<String>,
    savepoint_each_statement: bool,
    customizer: Option<Arc<dyn CustomizeConnection<M::Connection, M::Error>>>,
    setups: Vec<Setup<M::Connection>>,
    limit: Option<Duration>,
    capacity: usize,
    accepts_implicit_commits: bool,
    read_only: bool,
    application_user: Option<Arc<str>>,
}

impl<M: ManageConnection> Rollback<M> {
    /// Sandboxes that connect as the application does: with a manager made by this function.
    pub fn with_manager(manager: impl Fn() -> M + Send + Sync + 'static) -> Self {
        Self {
            manager: Arc::new(manager),
            url: None,
            savepoint_each_statement: false,
            customizer: None,
            setups: Vec::new(),
            limit: None,
            capacity: 1,
            accepts_implicit_commits: false,
            read_only: false,
            application_user: None,
        }
    }

    /// The customizer of the application's own pool: it sets the connection up before the
    /// transaction begins.
    pub fn customizer(
        mut self,
        customizer: impl CustomizeConnection<M::Connection, M::Error>,
    ) -> Self {
        self.customizer = Some(Arc::new(customizer));
        self
    }

    /// Sets the connection up before the transaction begins, after the customizer and what was
    /// given before.
    pub fn setup(
        mut self,
        setup: impl Fn(&mut M::Connection) -> Result<(), diesel::result::Error> + Send + Sync + 'static,
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

impl<M: ManageConnection> fmt::Debug for Rollback<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<C: R2D2Connection + Send + 'static> Rollback<ConnectionManager<C>> {
    fn at(url: impl Into<String>) -> Self {
        let url = url.into();
        Self {
            url: Some(url.clone()),
            ..Self::with_manager(move || ConnectionManager::new(url.clone()))
        }
    }
}

#[cfg(feature = "sqlite")]
impl Rollback<ConnectionManager<diesel::SqliteConnection>> {
    /// The same as [`sqlite`](Self::sqlite).
    pub fn new(url: impl Into<String>) -> Self {
        Self::sqlite(url)
    }

    /// Sandboxes of the SQLite database with this URL.
    ///
    /// It has to be a file: an in-memory database has one connection.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(url)
    }
}

#[cfg(feature = "postgres-r2d2")]
impl Rollback<ConnectionManager<diesel::PgConnection>> {
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
    /// to understand the connection: the URL has to say `sslmode=disable`, and to be given here.
    /// How it works: [`each_statement`](smoke_core::rollback::postgres::each_statement).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() {
    /// use smoke_diesel::r2d2::Rollback;
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
impl Rollback<ConnectionManager<diesel::MysqlConnection>> {
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

/// For the connections whose databases were chosen among this crate's features.
impl<C: Connection> Backend for Rollback<ConnectionManager<C>> {
    type Pool = Pool<C>;

    fn describe(&self) -> String {
        format!("diesel r2d2 on {}", C::Dialect::NAME)
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

async fn open<C: Connection>(
    rollback: &Rollback<ConnectionManager<C>>,
    request: OpenRequest,
) -> Result<Opened<Pool<C>>> {
    let wanted = rollback.savepoint_each_statement;
    let (manager, relay) = match by_way_of_relay(wanted, rollback.url.as_deref()).await? {
        Some((url, relay)) => (ConnectionManager::new(url), Some(relay)),
        None => ((rollback.manager)(), None),
    };
    let gate = Arc::new(Gate::default());
    let savepoints = Savepoints::new();
    let (token, watch) = HandleToken::new();
    let (reply, opened) = Reply::new();
    let afterwards = Arc::new(Mutex::new(None));
    let opener = Opener {
        gate: Arc::clone(&gate),
        reply: Arc::clone(&reply),
        manager: Arc::clone(&rollback.manager),
        customizer: rollback.customizer.clone(),
        setups: rollback.setups.clone(),
        terms: Terms {
            guard: savepoints.guard(),
            test: Arc::clone(&request.test),
            limit: request.limit,
            writes: gate.witness().admits_writes(
                rollback.read_only,
                C::Dialect::WRITES || rollback.accepts_implicit_commits,
            ),
            application_user: rollback.application_user.clone(),
        },
        _token: token,
        _relay: relay,
    };
    let events = Events {
        gate: Arc::clone(&gate),
        afterwards: Arc::clone(&afterwards),
        threads: C::threads(),
        test: request.test,
    };
    let pool = Pool::<C>::builder()
        .max_size(1)
        .min_idle(Some(0))
        .connection_timeout(patience(request.limit))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        .thread_pool(C::threads())
        .error_handler(Box::new(ConnectErrors::<C>(reply)))
        .event_handler(Box::new(events))
        .connection_customizer(Box::new(opener))
        .build_unchecked(manager);
    // Asking has the pool connect; what comes of it is told by the opener.
    as_session(|| drop(pool.get_timeout(Duration::ZERO)));
    let outside = match tokio::time::timeout(OPENING, opened).await {
        Ok(Ok(Ok(outside))) => Ok(outside),
        Ok(Ok(Err(error))) => Err(error),
        Ok(Err(_)) => Err(smoke_core::Error::msg("connecting panicked")),
        Err(_) => Err(not_opened_in_time()),
    };
    let outside = outside.inspect_err(|_| gate.close())?;
    // The opener answers before the pool has the connection.
    as_session(|| pool.get_timeout(OPENING).map(drop))?;
    let session = Session::new(pool.clone(), gate, watch, savepoints, outside, afterwards);
    Ok(Opened {
        pool,
        session: Arc::new(session),
    })
}
