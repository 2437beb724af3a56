//! The backend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use smoke_core::{Backend, OpenRequest, Opened, Result};
use sqlx::pool::PoolOptions;
use sqlx::{Connection, Database, Pool};

type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

type Setup<DB> = Arc<
    dyn for<'c> Fn(&'c mut <DB as Database>::Connection) -> BoxFuture<'c, Result<(), sqlx::Error>>
        + Send
        + Sync,
>;

/// Makes sandboxes of an application that uses sqlx.
///
/// `DB` is the pool's database: the sandbox is a `sqlx::Pool<DB>`.
///
/// # Examples
///
/// As the application's own pool, whatever that was made with:
///
/// ```no_run
/// # #[cfg(feature = "postgres")]
/// # fn example() -> Result<(), sqlx::Error> {
/// use smoke_sqlx::Rollback;
/// use sqlx::PgPool;
///
/// let pool = PgPool::connect_lazy("postgres://app@localhost/shop")?;
/// let rollback = Rollback::like(&pool);
/// # Ok(())
/// # }
/// ```
///
/// With a URL, and a connection that is set up before the transaction begins:
///
/// ```no_run
/// # #[cfg(feature = "postgres")]
/// # fn example() {
/// use smoke_sqlx::Rollback;
/// use sqlx::{Executor, Postgres};
///
/// let rollback = Rollback::<Postgres>::new("postgres://app@localhost/shop").setup(|connection| {
///     Box::pin(async move {
///         connection.execute("SET search_path = shop").await?;
///         Ok(())
///     })
/// });
/// # }
/// ```
#[must_use]
pub struct Rollback<DB: Database> {
    source: Source<DB>,
    pool_options: Option<PoolOptions<DB>>,
    setups: Vec<Setup<DB>>,
    application_user: Option<Arc<str>>,
    limit: Option<Duration>,
    capacity: usize,
    read_only: bool,
}

/// Where the options to connect with come from.
enum Source<DB: Database> {
    Url(String),
    Options(Options<DB>),
    Pool(Pool<DB>),
}

impl<DB: Database> Rollback<DB> {
    /// Sandboxes of the database with this URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self::from_source(Source::Url(url.into()))
    }

    /// Sandboxes that connect with the application's own options: `PgConnectOptions`,
    /// `SqliteConnectOptions`.
    pub fn with_options(options: Options<DB>) -> Self {
        Self::from_source(Source::Options(options))
    }

    /// Sandboxes that connect as this pool does when they are opened (tokens that expire are
    /// followed), with its hooks. No connection is taken from the pool.
    pub fn like(pool: &Pool<DB>) -> Self {
        Self::from_source(Source::Pool(pool.clone()))
    }

    fn from_source(source: Source<DB>) -> Self {
        Self {
            source,
            pool_options: None,
            setups: Vec::new(),
            application_user: None,
            limit: None,
            capacity: 1,
            read_only: false,
        }
    }

    /// The options of the application's own pool: its hook `after_connect` sets the connection up
    /// before the transaction begins, `after_release` is called too. `before_acquire` is not, since
    /// the sandbox has its own; sizes and times do not count.
    pub fn pool_options(mut self, options: PoolOptions<DB>) -> Self {
        self.pool_options = Some(options);
        self
    }

    /// Sets the connection up before the transaction begins, after the hooks of the pool and what
    /// was given before.
    pub fn setup(
        mut self,
        setup: impl for<'c> Fn(&'c mut DB::Connection) -> BoxFuture<'c, Result<(), sqlx::Error>>
        + Send
        + Sync
        + 'static,
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

    /// How long a sandbox may hold its transaction: 2 s on PostgreSQL unless set, and 1 s on
    /// SQLite.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite.
    /// Each is a connection beside those of the application's pool.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }
}

#[cfg(feature = "postgres")]
impl Rollback<sqlx::Postgres> {
    /// Names the user that the application connects as. Where sandboxes connect as another one,
    /// that is logged once: tests with other rights may pass where production fails.
    pub fn application_user(mut self, user: &str) -> Self {
        self.application_user = Some(user.into());
        self
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl<DB: Database> Rollback<DB> {
    pub(crate) fn connect_options(&self) -> Result<Options<DB>, sqlx::Error> {
        match &self.source {
            Source::Url(url) => url.parse(),
            Source::Options(options) => Ok(options.clone()),
            Source::Pool(pool) => Ok((*pool.connect_options()).clone()),
        }
    }

    pub(crate) fn hooks(&self) -> PoolOptions<DB> {
        match (&self.pool_options, &self.source) {
            (Some(options), _) => options.clone(),
            (None, Source::Pool(pool)) => pool.options().clone(),
            (None, _) => PoolOptions::new(),
        }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(crate) fn user_of_application(&self) -> Option<Arc<str>> {
        self.application_user.clone()
    }

    pub(crate) fn setups(&self) -> &[Setup<DB>] {
        &self.setups
    }
}

impl<DB: Database> fmt::Debug for Rollback<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! backend {
    ($database:ty) => {
        impl Backend for Rollback<$database> {
            type Pool = Pool<$database>;

            fn describe(&self) -> String {
                let name = <$database as crate::database::Database>::NAME;
                format!("sqlx on {name}")
            }

            fn capacity(&self) -> usize {
                let borne = <$database as crate::database::Database>::CAPACITY;
                self.capacity.min(borne)
            }

            fn limit(&self) -> Duration {
                let limit = <$database as crate::database::Database>::LIMIT;
                self.limit.unwrap_or(limit)
            }

            fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>> {
                Box::pin(crate::open::open(self, request))
            }
        }
    };
}

#[cfg(feature = "postgres")]
backend!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
backend!(sqlx_sqlite::Sqlite);
