//! The databases that are tested.

mod mariadb;
mod postgres;
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict, Session};
use smoke_sqlx::Rollback;
use sqlx::{Error, Pool};

/// A database with a table `t (x UNIQUE)`, and an application that has a pool of it.
pub(crate) trait Subject: sqlx::Database {
    /// What keeps the database until it is dropped.
    type Kept: Send;

    /// A statement that takes very long.
    const LONG: &str;

    async fn production() -> (Self::Kept, Pool<Self>);

    fn backend(production: &Pool<Self>) -> impl Backend<Pool = Pool<Self>>;

    /// The same, where it has to be asked for that tests may write.
    fn writing(rollback: Rollback<Self>) -> Rollback<Self> {
        rollback
    }

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

/// How long to wait for what comes by itself, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long a sandbox is held: for so much longer that it is not the limit what ends anything.
const HELD: Duration = Duration::from_secs(60);

impl<S: Subject> Sandbox<S> {
    pub(crate) async fn open() -> Self {
        Self::open_for(|_| HELD).await
    }

    /// With the limit that a runner gives it.
    pub(crate) async fn open_with_its_limit() -> Self {
        Self::open_for(|limit| limit).await
    }

    async fn open_for(limit: impl Fn(Duration) -> Duration) -> Self {
        let (kept, production) = S::production().await;
        let backend = S::backend(&production);
        let request = OpenRequest::new("shop::a_test", limit(backend.limit()));
        let Opened { pool, session } = backend.open(request).await.unwrap();
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
    backend.open(OpenRequest::new("shop::a_test", HELD)).await
}

/// Has each function tested on those databases.
macro_rules! on_subjects {
    ([$name:ident: $subject:ty $(, $names:ident: $subjects:ty)*] $($test:ident),* $(,)?) => {
        mod $name {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<$subject>().await;
            })*
        }
        crate::subject::on_subjects! { [$($names: $subjects),*] $($test),* }
    };
    ([] $($test:ident),*) => {};
}
pub(crate) use on_subjects;

/// Has each function tested on every database.
macro_rules! on_every_subject {
    ($($test:ident),* $(,)?) => {
        crate::subject::on_subjects! {
            [on_sqlite: sqlx::Sqlite, on_postgres: sqlx::Postgres, on_mariadb: sqlx::MySql]
            $($test),*
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
