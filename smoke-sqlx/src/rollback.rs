//! The backend.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_rollback::Choices;
use sqlx::pool::PoolOptions;
use sqlx::{Connection, Database, Pool};

use crate::on_top::OnTop;

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
    choices: Choices,
    on_top: OnTop,
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
    /// `MySqlConnectOptions`, `SqliteConnectOptions`.
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
            choices: Choices::default(),
            on_top: OnTop::NOTHING,
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
        self.choices.read_only = true;
        self
    }

    /// How long a sandbox may hold its transaction: 2 s unless set, and 1 s on SQLite.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.choices.limit = Some(limit);
        self
    }

    /// For libraries on top of sqlx whose errors do not name sqlx's as their source: finds it
    /// within one of theirs; and what they say of a pool that has given no connection in time.
    #[doc(hidden)]
    pub fn read_within(
        mut self,
        within: for<'e> fn(&'e (dyn StdError + 'static)) -> Option<&'e sqlx::Error>,
        timed_out: &'static str,
    ) -> Self {
        let timed_out = Some(timed_out);
        self.on_top = OnTop { within, timed_out };
        self
    }

    /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite.
    /// Each is a connection beside those of the application's pool.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.choices.capacity = capacity;
        self
    }

    /// Gives each test a connection of its own, also on SQLite, where one is moved from test to test.
    ///
    /// A connection that is moved was rolled back, and belongs to nobody between two tests. What a
    /// transaction does not undo in it, such as a `PRAGMA`, stays until the end of the run.
    pub fn one_connection_a_test(mut self) -> Self {
        self.choices.one_connection_a_test = true;
        self
    }
}

#[cfg(feature = "postgres")]
impl Rollback<sqlx::Postgres> {
    /// Names the user that the application connects as. Where sandboxes connect as another one,
    /// that is logged once: tests with other rights may pass where production fails.
    pub fn application_user(mut self, user: &str) -> Self {
        self.choices.application_user = Some(user.into());
        self
    }

    /// Gives each statement a savepoint of its own, as long as the application is in no transaction
    /// of its own: an SQL error then aborts nothing but its statement, as in production. For
    /// applications that go on after one (get-or-create on a unique violation) on a connection that
    /// they have acquired; each use of the pool itself has a savepoint anyway.
    ///
    /// It costs a round trip more a statement, and two where that is prepared first. It works by way
    /// of a relay in this process that has to understand the connection: the options have to say
    /// `PgSslMode::Disable` (a URL `sslmode=disable`), or `host("/run/postgresql")` for a Unix
    /// socket, which neither `socket(..)` nor a URL can name here.
    /// How it works: [`smoke_pg_relay`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use smoke_sqlx::Rollback;
    /// use sqlx::Postgres;
    ///
    /// let url = "postgres://app@db/shop?sslmode=disable";
    /// let rollback = Rollback::<Postgres>::new(url).savepoint_each_statement();
    /// ```
    #[cfg(feature = "savepoint-each-statement")]
    pub fn savepoint_each_statement(mut self) -> Self {
        self.choices.savepoint_each_statement = true;
        self
    }
}

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
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

    pub(crate) fn on_top(&self) -> OnTop {
        self.on_top
    }

    pub(crate) fn choices(&self) -> &Choices {
        &self.choices
    }

    pub(crate) fn setups(&self) -> &[Setup<DB>] {
        &self.setups
    }
}

#[cfg(feature = "mysql")]
impl Rollback<sqlx::MySql> {
    /// Lets tests and the application write, although these databases commit on their own before
    /// every statement that creates, alters, drops or truncates a table, locks one, grants a right
    /// or begins a transaction.
    ///
    /// **What was written before such a statement stays in the database**, whatever a sandbox
    /// does. The statement itself and what comes after it are refused, and the test is errored and
    /// not run again. So ask for this where the application's handlers send nothing of the kind.
    /// Tables of an engine without transactions (MyISAM, Aria) keep what is written, too.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use smoke_sqlx::Rollback;
    /// use sqlx::MySql;
    ///
    /// let rollback = Rollback::<MySql>::new("mysql://app@localhost/shop").accept_implicit_commits();
    /// ```
    pub fn accept_implicit_commits(mut self) -> Self {
        self.choices.accepts_implicit_commits = true;
        self
    }
}

impl<DB: Database> fmt::Debug for Rollback<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback")
            .field("choices", &self.choices)
            .finish_non_exhaustive()
    }
}
