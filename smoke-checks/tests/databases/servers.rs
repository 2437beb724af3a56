//! The databases: each test has one of its own.

use std::env;

use sqlx::mysql::MySqlPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, MySql, Pool, Postgres, Sqlite, Transaction, query_scalar, raw_sql};
use tempfile::TempDir;
use uuid::Uuid;

/// An empty database.
pub(crate) struct Database<S: Server> {
    /// As what an application connects to it.
    pub(crate) url: String,
    /// Somebody who looks at it from outside.
    outside: Pool<S::Sqlx>,
    _folder: Option<TempDir>,
}

/// A kind of database.
pub(crate) trait Server: Sized {
    type Sqlx: sqlx::Database;

    /// The migration that the documentation of `Commit` has.
    const COMMIT_TABLE: &str;
    /// What the database says when it cannot commit any more.
    const REFUSAL: &str;
    /// Whether it says so at the COMMIT, and not before.
    const AT_COMMIT: bool = false;

    async fn new() -> Database<Self>;

    async fn run(database: &Database<Self>, sql: &str);

    async fn number(database: &Database<Self>, sql: &str) -> i64;

    /// Has it commit no more. What an application connects to from now on.
    async fn refuse(database: &Database<Self>) -> String;
}

impl<S: Server> Database<S> {
    pub(crate) async fn run(&self, sql: &str) {
        S::run(self, sql).await;
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        S::number(self, sql).await
    }
}

impl Database<Postgres> {
    /// Begins a transaction of somebody else.
    pub(crate) async fn begin(&self) -> Transaction<'static, Postgres> {
        self.outside.begin().await.unwrap()
    }

    /// Has whoever writes to that table wait until this is dropped.
    pub(crate) async fn lock(&self, table: &str) -> Transaction<'static, Postgres> {
        let mut transaction = self.begin().await;
        let lock = raw_sql(AssertSqlSafe(format!("LOCK TABLE {table}")));
        lock.execute(&mut *transaction).await.unwrap();
        transaction
    }
}

impl Database<MySql> {
    /// Begins a transaction of somebody else.
    pub(crate) async fn begin(&self) -> Transaction<'static, MySql> {
        self.outside.begin().await.unwrap()
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test` starts a server and sets it")
    })
}

fn unique() -> String {
    format!("s{}", Uuid::new_v4().simple())
}

macro_rules! spoken {
    () => {
        async fn run(database: &Database<Self>, sql: &str) {
            let sql = raw_sql(AssertSqlSafe(sql));
            sql.execute(&database.outside).await.unwrap();
        }

        async fn number(database: &Database<Self>, sql: &str) -> i64 {
            let sql = query_scalar(AssertSqlSafe(sql));
            sql.fetch_one(&database.outside).await.unwrap()
        }
    };
}

/// A schema of its own.
impl Server for Postgres {
    type Sqlx = Self;

    const COMMIT_TABLE: &str = include_str!("../../src/database/commit/postgres.sql");
    const REFUSAL: &str = "the standby is gone";
    const AT_COMMIT: bool = true;

    async fn new() -> Database<Self> {
        let schema = unique();
        let url = variable("SMOKE_TEST_POSTGRES_URL");
        let url = format!("{url}?options=-csearch_path%3D{schema}");
        let outside = PgPoolOptions::new().max_connections(1).connect_lazy(&url);
        let database = Database {
            url,
            outside: outside.unwrap(),
            _folder: None,
        };
        database.run(&format!("CREATE SCHEMA {schema}")).await;
        database
    }

    spoken!();

    /// As a constraint that is checked at the end, which is when a standby is waited for, too.
    async fn refuse(database: &Database<Self>) -> String {
        database
            .run(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'the standby is gone'; END $$;
                 CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON smoke_commit
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
            )
            .await;
        database.url.clone()
    }
}

/// A database of its own.
impl Server for MySql {
    type Sqlx = Self;

    const COMMIT_TABLE: &str = include_str!("../../src/database/commit/mysql.sql");
    const REFUSAL: &str = "command denied";

    async fn new() -> Database<Self> {
        let name = unique();
        let url = variable("SMOKE_TEST_MARIADB_ADMIN_URL");
        let connect = |url: &str| {
            let pool = MySqlPoolOptions::new().max_connections(1).connect_lazy(url);
            pool.unwrap()
        };
        let admin = connect(&url);
        let create = format!("CREATE DATABASE {name}");
        raw_sql(AssertSqlSafe(create))
            .execute(&admin)
            .await
            .unwrap();
        let (server, _) = url.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Database {
            outside: connect(&url),
            url,
            _folder: None,
        }
    }

    spoken!();

    /// A user who may read.
    async fn refuse(database: &Database<Self>) -> String {
        let (server, name) = database.url.rsplit_once('/').unwrap();
        let (_, address) = server.rsplit_once('@').unwrap();
        let reader = unique();
        database
            .run(&format!(
                "CREATE USER {reader}@127.0.0.1 IDENTIFIED BY 'word';
                 GRANT SELECT ON {name}.* TO {reader}@127.0.0.1"
            ))
            .await;
        format!("mysql://{reader}:word@{address}/{name}")
    }
}

/// A file.
impl Server for Sqlite {
    type Sqlx = Self;

    const COMMIT_TABLE: &str = include_str!("../../src/database/commit/sqlite.sql");
    const REFUSAL: &str = "attempt to write a readonly database";

    async fn new() -> Database<Self> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let outside = SqlitePoolOptions::new().max_connections(1);
        let database = Database {
            url: format!("file:{}", file.display()),
            outside: outside.connect_lazy_with(options),
            _folder: Some(folder),
        };
        // The file is there from now on.
        assert_eq!(database.number("SELECT 1").await, 1);
        database
    }

    spoken!();

    /// A file that is opened to read.
    async fn refuse(database: &Database<Self>) -> String {
        format!("{}?mode=ro", database.url)
    }
}
