//! The databases that are tested.

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict, Session};
use smoke_sqlx::Rollback;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Error, PgPool, Pool, Postgres, Sqlite, SqlitePool, raw_sql};
use tempfile::TempDir;
use uuid::Uuid;

/// A database with a table `t (x UNIQUE)`, and an application that has a pool of it.
pub(crate) trait Subject: sqlx::Database {
    /// What keeps the database until it is dropped.
    type Kept: Send;

    /// A statement that takes very long.
    const LONG: &str;

    async fn production() -> (Self::Kept, Pool<Self>);

    fn backend(production: &Pool<Self>) -> impl Backend<Pool = Pool<Self>>;

    fn run(pool: &Pool<Self>, sql: &str) -> impl Future<Output = Result<(), Error>> + Send;

    fn run_on(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    async fn rows(pool: &Pool<Self>) -> i64;
}

/// An open sandbox.
pub(crate) struct Sandbox<S: Subject> {
    pub(crate) pool: Pool<S>,
    pub(crate) session: Arc<dyn Session>,
    pub(crate) production: Pool<S>,
    _kept: S::Kept,
}

impl<S: Subject> Sandbox<S> {
    pub(crate) async fn open() -> Self {
        let (kept, production) = S::production().await;
        let Opened { pool, session } = open(&S::backend(&production)).await.unwrap();
        Self {
            pool,
            session,
            production,
            _kept: kept,
        }
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<(), Error> {
        S::run(&self.pool, sql).await
    }

    /// Handles a request: what the application does in it is `work`.
    pub(crate) async fn request<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> (T, Result<(), RollbackVerdict>) {
        self.session.enter().await.unwrap();
        let answer = work.await;
        (answer, self.session.leave().await)
    }

    /// Ends the sandbox as the runner does, and shows that nothing stays.
    pub(crate) async fn finish(self) -> RollbackVerdict {
        let Self {
            pool,
            session,
            production,
            _kept,
        } = self;
        drop(pool);
        let verdict = session.finish().await;
        assert_eq!(S::rows(&production).await, 0, "{verdict:?}");
        verdict
    }
}

pub(crate) async fn open<B: Backend>(backend: &B) -> smoke_core::Result<Opened<B::Pool>> {
    backend
        .open(OpenRequest::new("shop::a_test", backend.limit()))
        .await
}

impl Subject for Postgres {
    type Kept = ();

    const LONG: &str = "SELECT pg_sleep(30)";

    /// A schema of its own in the database that the environment names.
    async fn production() -> ((), PgPool) {
        let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let schema = format!("s{}", Uuid::new_v4().simple());
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        let options = options.options([("search_path", schema.as_str())]);
        let pool = PgPool::connect_lazy_with(options);
        let sql = format!("CREATE SCHEMA {schema}; CREATE TABLE t (x INTEGER UNIQUE)");
        Self::run(&pool, &sql).await.unwrap();
        ((), pool)
    }

    fn backend(production: &PgPool) -> impl Backend<Pool = PgPool> {
        Rollback::like(production)
    }

    async fn run(pool: &PgPool, sql: &str) -> Result<(), Error> {
        raw_sql(AssertSqlSafe(sql)).execute(pool).await.map(|_| ())
    }

    async fn run_on(connection: &mut Self::Connection, sql: &str) -> Result<(), Error> {
        let ran = raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        ran.map(|_| ())
    }

    async fn rows(pool: &PgPool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }
}

impl Subject for Sqlite {
    type Kept = TempDir;

    const LONG: &str =
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

    async fn production() -> (TempDir, SqlitePool) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("app.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_millis(500));
        let pool = SqlitePoolOptions::new().connect_lazy_with(options);
        let table = "CREATE TABLE t (x INTEGER UNIQUE)";
        Self::run(&pool, table).await.unwrap();
        (folder, pool)
    }

    fn backend(production: &SqlitePool) -> impl Backend<Pool = SqlitePool> {
        Rollback::like(production)
    }

    async fn run(pool: &SqlitePool, sql: &str) -> Result<(), Error> {
        raw_sql(AssertSqlSafe(sql)).execute(pool).await.map(|_| ())
    }

    async fn run_on(connection: &mut Self::Connection, sql: &str) -> Result<(), Error> {
        let ran = raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        ran.map(|_| ())
    }

    async fn rows(pool: &SqlitePool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }
}

/// Has each function tested on every database.
macro_rules! on_every_subject {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<sqlx::Sqlite>().await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<sqlx::Postgres>().await;
            })*
        }
    };
}
pub(crate) use on_every_subject;

pub(crate) fn is_escaped(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Escaped { at: None, .. })
}

pub(crate) fn is_limit(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Limit { .. })
}

pub(crate) fn is_lost(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::ConnectionLost { .. })
}

pub(crate) fn is_straggler(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Straggler { .. })
}
