//! The backend.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::DatabaseConnection;
use smoke_core::{Backend, Error, OpenRequest, Opened, Result};

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use crate::errors;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use crate::version::Behind;
use crate::version::behind;
#[cfg(feature = "mysql")]
use sea_orm::{SqlxMySqlConnector, sqlx::MySql};
#[cfg(feature = "postgres")]
use sea_orm::{SqlxPostgresConnector, sqlx::Postgres};
#[cfg(feature = "sqlite")]
use sea_orm::{SqlxSqliteConnector, sqlx::Sqlite};

/// Makes sandboxes of an application that uses SeaORM.
///
/// # Examples
///
/// ```no_run
/// use sea_orm::{ConnectOptions, Database};
/// use smoke_sea_orm::Rollback;
///
/// # async fn example() -> Result<(), sea_orm::DbErr> {
/// let mut options = ConnectOptions::new("postgres://app@localhost/shop");
/// options.set_schema_search_path("shop");
/// let production = Database::connect(options).await?;
/// let rollback = Rollback::like(&production);
/// # Ok(())
/// # }
/// ```
///
/// A connection that is set up before the transaction begins is made with the backend for sqlx:
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn example() {
/// use sea_orm::sqlx::{Executor, Sqlite};
/// use smoke_sea_orm::{Rollback, smoke_sqlx};
///
/// let rollback = smoke_sqlx::Rollback::<Sqlite>::new("sqlite://app.db").setup(|connection| {
///     Box::pin(async move {
///         connection.execute("PRAGMA recursive_triggers = ON").await?;
///         Ok(())
///     })
/// });
/// let rollback = Rollback::from(rollback);
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Rollback(Kind);

#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "an application has one, and with one database alone the other variant is small"
)]
enum Kind {
    #[cfg(feature = "mysql")]
    Mysql(smoke_sqlx::Rollback<MySql>),
    #[cfg(feature = "postgres")]
    Postgres(smoke_sqlx::Rollback<Postgres>),
    #[cfg(feature = "sqlite")]
    Sqlite(smoke_sqlx::Rollback<Sqlite>),
    /// Why there can be none.
    Unknown(&'static str),
}

impl Rollback {
    /// Sandboxes of the database with this URL. Its scheme says which kind of database that is.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        match url.split(':').next() {
            #[cfg(feature = "mysql")]
            Some("mysql" | "mariadb") => smoke_sqlx::Rollback::<MySql>::new(url).into(),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => smoke_sqlx::Rollback::<Postgres>::new(url).into(),
            #[cfg(feature = "sqlite")]
            Some("sqlite") => smoke_sqlx::Rollback::<Sqlite>::new(url).into(),
            _ => Self(Kind::Unknown(
                "the URL is of no database whose feature is chosen",
            )),
        }
    }

    /// Sandboxes that connect as this connection's pool does when they are opened, with its hooks:
    /// whatever its `ConnectOptions` were. No connection is taken from the pool.
    pub fn like(connection: &DatabaseConnection) -> Self {
        match behind(connection) {
            #[cfg(feature = "mysql")]
            Behind::SqlxMySqlPoolConnection(_) => {
                smoke_sqlx::Rollback::like(connection.get_mysql_connection_pool()).into()
            }
            #[cfg(feature = "postgres")]
            Behind::SqlxPostgresPoolConnection(_) => {
                smoke_sqlx::Rollback::like(connection.get_postgres_connection_pool()).into()
            }
            #[cfg(feature = "sqlite")]
            Behind::SqlxSqlitePoolConnection(_) => {
                smoke_sqlx::Rollback::like(connection.get_sqlite_connection_pool()).into()
            }
            _ => Self(Kind::Unknown(
                "the connection is to no database whose feature is chosen",
            )),
        }
    }

    /// Lets tests and the application write on MariaDB and MySQL, although these commit on their own
    /// before every statement that creates, alters, drops or truncates a table, locks one, grants
    /// a right or begins a transaction. Changes nothing on other databases.
    ///
    /// **What was written before such a statement stays in the database**, whatever a sandbox
    /// does. The statement itself and what comes after it are refused, and the test is errored and
    /// not run again. So ask for this where the application's handlers send nothing of the kind.
    /// Tables of an engine without transactions (MyISAM, Aria) keep what is written, too.
    #[cfg(feature = "mysql")]
    pub fn accept_implicit_commits(self) -> Self {
        match self.0 {
            Kind::Mysql(rollback) => rollback.accept_implicit_commits().into(),
            other => Self(other),
        }
    }

    /// How long a sandbox may hold its transaction: 2 s unless set, and 1 s on SQLite.
    pub fn limit(self, limit: Duration) -> Self {
        Self(match self.0 {
            #[cfg(feature = "mysql")]
            Kind::Mysql(rollback) => Kind::Mysql(rollback.limit(limit)),
            #[cfg(feature = "postgres")]
            Kind::Postgres(rollback) => Kind::Postgres(rollback.limit(limit)),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(rollback) => Kind::Sqlite(rollback.limit(limit)),
            Kind::Unknown(why) => Kind::Unknown(why),
        })
    }

    /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite.
    /// Each is a connection beside those of the application's pool.
    pub fn capacity(self, capacity: usize) -> Self {
        Self(match self.0 {
            #[cfg(feature = "mysql")]
            Kind::Mysql(rollback) => Kind::Mysql(rollback.capacity(capacity)),
            #[cfg(feature = "postgres")]
            Kind::Postgres(rollback) => Kind::Postgres(rollback.capacity(capacity)),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(rollback) => Kind::Sqlite(rollback.capacity(capacity)),
            Kind::Unknown(why) => Kind::Unknown(why),
        })
    }
}

#[cfg(feature = "mysql")]
impl From<smoke_sqlx::Rollback<MySql>> for Rollback {
    fn from(rollback: smoke_sqlx::Rollback<MySql>) -> Self {
        Self(Kind::Mysql(errors::shown(rollback)))
    }
}

#[cfg(feature = "postgres")]
impl From<smoke_sqlx::Rollback<Postgres>> for Rollback {
    fn from(rollback: smoke_sqlx::Rollback<Postgres>) -> Self {
        Self(Kind::Postgres(errors::shown(rollback)))
    }
}

#[cfg(feature = "sqlite")]
impl From<smoke_sqlx::Rollback<Sqlite>> for Rollback {
    fn from(rollback: smoke_sqlx::Rollback<Sqlite>) -> Self {
        Self(Kind::Sqlite(errors::shown(rollback)))
    }
}

impl Backend for Rollback {
    type Pool = DatabaseConnection;

    fn describe(&self) -> String {
        match &self.0 {
            #[cfg(feature = "mysql")]
            Kind::Mysql(rollback) => format!("SeaORM, {}", rollback.describe()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(rollback) => format!("SeaORM, {}", rollback.describe()),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(rollback) => format!("SeaORM, {}", rollback.describe()),
            Kind::Unknown(_) => "SeaORM".to_owned(),
        }
    }

    fn capacity(&self) -> usize {
        match &self.0 {
            #[cfg(feature = "mysql")]
            Kind::Mysql(rollback) => Backend::capacity(rollback),
            #[cfg(feature = "postgres")]
            Kind::Postgres(rollback) => Backend::capacity(rollback),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(rollback) => Backend::capacity(rollback),
            Kind::Unknown(_) => 1,
        }
    }

    fn limit(&self) -> Duration {
        match &self.0 {
            #[cfg(feature = "mysql")]
            Kind::Mysql(rollback) => Backend::limit(rollback),
            #[cfg(feature = "postgres")]
            Kind::Postgres(rollback) => Backend::limit(rollback),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(rollback) => Backend::limit(rollback),
            Kind::Unknown(_) => Duration::from_secs(1),
        }
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<DatabaseConnection>>> {
        Box::pin(async move {
            match &self.0 {
                #[cfg(feature = "mysql")]
                Kind::Mysql(rollback) => {
                    let Opened { pool, session } = rollback.open(request).await?;
                    let pool = SqlxMySqlConnector::from_sqlx_mysql_pool(pool);
                    Ok(Opened { pool, session })
                }
                #[cfg(feature = "postgres")]
                Kind::Postgres(rollback) => {
                    let Opened { pool, session } = rollback.open(request).await?;
                    let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
                    Ok(Opened { pool, session })
                }
                #[cfg(feature = "sqlite")]
                Kind::Sqlite(rollback) => {
                    let Opened { pool, session } = rollback.open(request).await?;
                    let pool = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
                    Ok(Opened { pool, session })
                }
                Kind::Unknown(why) => {
                    drop(request);
                    Err(Error::msg(*why))
                }
            }
        })
    }
}
