//! The databases and pools that are tested.

pub(crate) mod libpq;
pub(crate) mod mariadb;
pub(crate) mod postgres;
mod r2d2;
pub(crate) mod role;
pub(crate) mod sqlite;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use smoke_conformance::eventually;
use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict, Session};

/// A database with a table `t (x)`, and an application that has a pool of it.
pub(crate) trait Subject: Sized + Send + Sync + 'static {
    type Pool: Clone + Send + Sync + 'static;

    async fn new() -> Self;

    fn backend(&self) -> impl Backend<Pool = Self::Pool>;

    /// A backend for a database that is not there, and what its error has to contain.
    fn unreachable() -> (impl Backend<Pool = Self::Pool>, &'static str);

    /// Checks a connection out, runs statements and checks it in.
    fn run(pool: &Self::Pool, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Runs statements in a `transaction()` of the library; rolls back where they say so.
    async fn transaction(pool: &Self::Pool, sql: &str, commit: bool);

    /// Checks a connection out and keeps it.
    async fn hold(pool: &Self::Pool) -> Held;

    /// Runs statements on a connection that is held.
    async fn run_on(held: &mut Held, sql: &str) -> Result<(), String>;

    /// Panics while holding the connection.
    async fn panic(pool: &Self::Pool);

    /// Whether the pool keeps a connection that was held during a panic.
    fn survives_a_panic() -> bool;

    /// A statement that takes very long.
    const LONG: &str;

    /// A pair of tables, child and parent, whose foreign key is checked at commit.
    fn deferred(&self) -> &'static str;

    /// Whether the pool can say that it is closed, and says so at once.
    fn tells_closed() -> bool {
        true
    }

    /// The statement that counts the rows in `t` as the application's production does.
    async fn rows(&self) -> i64;

    /// Whether another connection can write at once.
    async fn can_write(&self) -> Result<(), String>;

    /// Waits until another connection can write: a server ends a session in its own time.
    async fn until_it_can_be_written(&self) {
        let can_write = eventually(PATIENCE, || self.can_write(), Result::is_ok);
        can_write.await.unwrap().unwrap();
    }
}

/// How long to wait for what comes by itself, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long a sandbox is held: for so much longer that it is not the limit what ends anything.
const HELD: Duration = Duration::from_secs(60);

/// A connection that is held.
pub(crate) type Held = Box<dyn Any + Send>;

/// An open sandbox.
pub(crate) struct Sandbox<S: Subject> {
    pub(crate) subject: S,
    pub(crate) pool: S::Pool,
    pub(crate) session: Arc<dyn Session>,
}

impl<S: Subject> Sandbox<S> {
    pub(crate) async fn open() -> Self {
        Self::of(S::new().await, HELD).await
    }

    /// With the limit that a runner gives it.
    pub(crate) async fn open_with_its_limit() -> Self {
        let subject = S::new().await;
        let limit = subject.backend().limit();
        Self::of(subject, limit).await
    }

    async fn of(subject: S, limit: Duration) -> Self {
        let request = OpenRequest::new("shop::a_test", limit);
        let Opened { pool, session } = subject.backend().open(request).await.unwrap();
        Self {
            subject,
            pool,
            session,
        }
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<(), String> {
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

    /// Ends the sandbox as the runner does: the test has let go of its pool.
    pub(crate) async fn finish(self) -> (S, RollbackVerdict) {
        drop(self.pool);
        (self.subject, self.session.finish().await)
    }
}

pub(crate) async fn open<B: Backend>(backend: &B) -> smoke_core::Result<Opened<B::Pool>> {
    backend.open(OpenRequest::new("shop::a_test", HELD)).await
}

/// Has each function tested on every subject.
macro_rules! on_every_subject {
    ($($test:ident),* $(,)?) => {
        crate::subject::on_subjects_that_defer!($($test),*);

        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::subject::mariadb::Mariadb>().await;
            })*
        }
    };
}

/// Has each function tested on every subject with constraints that are checked at commit.
macro_rules! on_subjects_that_defer {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::subject::sqlite::Sqlite>().await;
            })*
        }
        mod libpq {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::subject::libpq::Libpq>().await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::subject::postgres::Postgres>().await;
            })*
        }
    };
}

/// Has each function tested on PostgreSQL, through either library.
macro_rules! on_postgres {
    ($($test:ident),* $(,)?) => {
        mod on_postgres {
            mod libpq {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::super::$test::<crate::subject::libpq::Libpq>().await;
                })*
            }
            mod tokio_postgres {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::super::$test::<crate::subject::postgres::Postgres>().await;
                })*
            }
        }
    };
}
pub(crate) use {on_every_subject, on_postgres, on_subjects_that_defer};

pub(crate) fn is_escaped(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Escaped { at: None, .. })
}

pub(crate) fn is_lost(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::ConnectionLost { .. })
}

pub(crate) fn is_straggler(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Straggler { .. })
}
