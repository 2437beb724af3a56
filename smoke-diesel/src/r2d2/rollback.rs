//! The backend.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::r2d2::{ConnectionManager, CustomizeConnection, ManageConnection, R2D2Connection};
use futures_util::future::BoxFuture;
use smoke_core::{Backend, HandleToken, OpenRequest, Opened, Result};
use smoke_rollback::acting::in_session;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::savepoints::Savepoints;
use smoke_rollback::{
    Choices, Moved, OPENING, Sandbox, Session, kept_or_new, not_opened_in_time, patience,
};

use super::Pool;
use super::link::R2d2;
use super::observe::{ConnectErrors, Events, Reply};
use super::opener::{Opener, Setup};
use crate::blocking::Connection;
use crate::choices::{choose_on_any, choose_on_mysql, choose_on_postgres};
use crate::each_statement::by_way_of_relay;

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
    customizer: Option<Arc<dyn CustomizeConnection<M::Connection, M::Error>>>,
    setups: Vec<Setup<M::Connection>>,
    choices: Choices,
}

impl<M: ManageConnection> Rollback<M> {
    /// Sandboxes that connect as the application does: with a manager made by this function.
    ///
    /// On SQLite such a manager would make a database file that is missing, and no sandbox is opened
    /// with it: use `sqlite(url)`.
    pub fn with_manager(manager: impl Fn() -> M + Send + Sync + 'static) -> Self {
        Self {
            manager: Arc::new(manager),
            url: None,
            customizer: None,
            setups: Vec::new(),
            choices: Choices::default(),
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

    choose_on_any!();
}

impl<M: ManageConnection> fmt::Debug for Rollback<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("choices", &self.choices)
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
    /// A sandbox opens it where it is there, and never makes it.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::at(crate::sqlite::address(&url.into()))
    }
}

#[cfg(feature = "postgres-r2d2")]
impl Rollback<ConnectionManager<diesel::PgConnection>> {
    /// Sandboxes of the PostgreSQL database with this URL.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    choose_on_postgres!(
        "use smoke_diesel::r2d2::Rollback;",
        "let rollback = Rollback::postgres(url).savepoint_each_statement();"
    );
}

#[cfg(feature = "mysql-r2d2")]
impl Rollback<ConnectionManager<diesel::MysqlConnection>> {
    /// Sandboxes of the MariaDB or MySQL database with this URL, in which nothing can be written
    /// before [`accept_implicit_commits`](Self::accept_implicit_commits).
    pub fn mysql(url: impl Into<String>) -> Self {
        Self::at(url)
    }

    choose_on_mysql!();
}

/// For the connections whose databases were chosen among this crate's features.
impl<C: Connection> Backend for Rollback<ConnectionManager<C>> {
    type Pool = Pool<C>;

    fn describe(&self) -> String {
        format!("diesel r2d2 on {}", C::Dialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.choices.capacity_on::<C::Dialect>()
    }

    fn limit(&self) -> Duration {
        self.choices.limit_on::<C::Dialect>()
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>> {
        Box::pin(open(self, request))
    }
}

async fn open<C: Connection>(
    rollback: &Rollback<ConnectionManager<C>>,
    request: OpenRequest,
) -> Result<Opened<Pool<C>>> {
    kept_or_new(&request.berth, |moved| open_on(rollback, &request, moved)).await
}

async fn open_on<C: Connection>(
    rollback: &Rollback<ConnectionManager<C>>,
    request: &OpenRequest,
    moved: Option<Moved<R2d2<C>>>,
) -> Result<Opened<Pool<C>>> {
    let wanted = rollback.choices.savepoint_each_statement && moved.is_none();
    let relayed = by_way_of_relay(wanted, rollback.url.as_deref()).await?;
    let (manager, relay) = match (&moved, C::PLACEHOLDER, relayed) {
        (Some(_), Some(placeholder), _) => (ConnectionManager::new(placeholder), None),
        (_, _, Some((url, relay))) => (ConnectionManager::new(url), Some(relay)),
        _ => {
            if rollback.url.is_none() {
                C::admit_manager()?;
            }
            ((rollback.manager)(), None)
        }
    };
    let link = R2d2 {
        manager: Arc::clone(&rollback.manager),
        afterwards: Arc::default(),
        placeholder: Mutex::new(None),
    };
    let afterwards = Arc::clone(&link.afterwards);
    let sandbox = Sandbox::new(link, &rollback.choices, request, Savepoints::new());
    let sandbox = Arc::new(sandbox);
    let gate = sandbox.gate();
    let (token, handles) = HandleToken::new();
    let (reply, opened) = Reply::new();
    let opener = Opener {
        sandbox: Arc::clone(&sandbox),
        reply: Arc::clone(&reply),
        customizer: rollback.customizer.clone(),
        setups: rollback.setups.clone(),
        moved: Mutex::new(moved),
        _token: token,
        _relay: relay,
    };
    let events = Events {
        gate: Arc::clone(gate),
        afterwards,
        threads: C::threads(),
        test: Arc::clone(&request.test),
    };
    let patience = patience(request.limit);
    let pool = Pool::<C>::builder()
        .max_size(1)
        .min_idle(Some(0))
        .connection_timeout(patience)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        .thread_pool(C::threads())
        .error_handler(Box::new(ConnectErrors::<C> {
            gate: Arc::clone(gate),
            reply,
            url: rollback.url.clone(),
            database: PhantomData,
        }))
        .event_handler(Box::new(events))
        .connection_customizer(Box::new(opener))
        .build_unchecked(manager);
    // Asking has the pool connect; what comes of it is told by the opener.
    in_session(|| drop(pool.get_timeout(Duration::ZERO)));
    let opened = match tokio::time::timeout(OPENING, opened).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(smoke_core::Error::msg("connecting panicked")),
        Err(_) => Err(not_opened_in_time()),
    };
    opened.inspect_err(|_| gate.close())?;
    // The opener answers before the pool has the connection.
    in_session(|| pool.get_timeout(OPENING).map(drop))?;
    Ok(Session::opened(sandbox, pool, handles, request))
}
