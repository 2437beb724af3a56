//! A second connection at once, of which a handler tells nobody: what the pool's own answer was.

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use smoke_core::{Backend, Error, OpenRequest, Opened, RollbackVerdict, Session};
use smoke_diesel::{bb8, deadpool, deadpool_diesel, r2d2};

use crate::subject::Subject;
use crate::subject::sqlite::{self, Sqlite};

type Async = SyncConnectionWrapper<SqliteConnection>;
type Behind = ::deadpool_diesel::Pool<::deadpool_diesel::Manager<SqliteConnection>>;

/// Of which the pool's patience is half.
const LIMIT: Duration = Duration::from_millis(400);

/// A pool as a handler uses it.
trait Pool: Clone + Send + Sync + 'static {
    type Object: Send;

    fn get(&self) -> impl Future<Output = Result<Self::Object, String>> + Send;

    fn use_it(object: Self::Object) -> impl Future<Output = ()> + Send;
}

fn said(error: impl Display) -> String {
    error.to_string()
}

impl Pool for pooled_connection::deadpool::Pool<Async> {
    type Object = pooled_connection::deadpool::Object<Async>;

    async fn get(&self) -> Result<Self::Object, String> {
        self.get().await.map_err(said)
    }

    async fn use_it(mut object: Self::Object) {
        object.batch_execute("SELECT 1").await.unwrap();
    }
}

impl Pool for pooled_connection::bb8::Pool<Async> {
    type Object = pooled_connection::bb8::PooledConnection<'static, Async>;

    async fn get(&self) -> Result<Self::Object, String> {
        self.get_owned().await.map_err(said)
    }

    async fn use_it(mut object: Self::Object) {
        object.batch_execute("SELECT 1").await.unwrap();
    }
}

impl Pool for Behind {
    type Object = ::deadpool::managed::Object<::deadpool_diesel::Manager<SqliteConnection>>;

    async fn get(&self) -> Result<Self::Object, String> {
        self.get().await.map_err(said)
    }

    async fn use_it(object: Self::Object) {
        let used = object.interact(|connection| connection.batch_execute("SELECT 1"));
        used.await.unwrap().unwrap();
    }
}

impl Pool for sqlite::Pool {
    type Object = diesel::r2d2::PooledConnection<diesel::r2d2::ConnectionManager<SqliteConnection>>;

    async fn get(&self) -> Result<Self::Object, String> {
        let pool = self.clone();
        let got = tokio::task::spawn_blocking(move || pool.get()).await;
        got.unwrap().map_err(said)
    }

    async fn use_it(mut object: Self::Object) {
        object.batch_execute("SELECT 1").unwrap();
    }
}

/// What a sandbox says of a test that has failed, of whose request this was the handler.
async fn explained<B: Backend>(
    backend: &B,
    limit: Duration,
    handler: impl AsyncFnOnce(&B::Pool),
) -> Option<RollbackVerdict> {
    let opened = backend.open(OpenRequest::new("shop::a_test", limit)).await;
    let Opened { pool, session } = opened.unwrap();
    session.enter().await.unwrap();
    handler(&pool).await;
    session.leave().await.unwrap();
    finished(pool, session).await
}

async fn finished<P>(pool: P, session: Arc<dyn Session>) -> Option<RollbackVerdict> {
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
    session.explain(&Error::msg("POST /users answered 500"))
}

async fn takes_two<P: Pool>(pool: &P) {
    let first = pool.get().await.unwrap();
    pool.get().await.map(drop).unwrap_err();
    P::use_it(first).await;
}

/// Nobody may have had the time to look, on a machine that is busy.
async fn is_named<B: Backend>(backend: B)
where
    B::Pool: Pool,
{
    let mut explanation = None;
    for _ in 0..5 {
        explanation = explained(&backend, LIMIT, takes_two).await;
        if explanation.is_some() {
            break;
        }
    }
    let name = backend.describe();
    let said = explanation.expect(&name).to_string();
    let wanted = "limit of the sandbox: a second connection was asked for";
    assert!(said.starts_with(wanted), "{name}: {said}");
}

async fn is_not_named<B: Backend>(backend: B)
where
    B::Pool: Pool,
{
    let name = backend.describe();
    // For longer than the pool's patience, and nobody waits.
    let held = explained(&backend, LIMIT, async |pool| {
        let first = pool.get().await.unwrap();
        tokio::time::sleep(LIMIT * 3 / 4).await;
        B::Pool::use_it(first).await;
    });
    assert_eq!(held.await, None, "{name}");
    // One after the other, though both ask at once, and long enough to be seen.
    let turns = explained(&backend, 5 * LIMIT, async |pool| {
        let one = async |pool: &B::Pool| {
            let object = pool.get().await.unwrap();
            tokio::time::sleep(LIMIT * 3 / 4).await;
            B::Pool::use_it(object).await;
        };
        tokio::join!(one(pool), one(pool));
    });
    assert_eq!(turns.await, None, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_is_named_though_the_handler_kept_the_error_to_itself() {
    let subject = Sqlite::new().await;
    is_named(subject.rollback()).await;
    is_named(deadpool::Rollback::<Async>::sqlite(subject.url())).await;
    is_named(bb8::Rollback::<Async>::sqlite(subject.url())).await;
    is_named(deadpool_diesel::Rollback::sqlite(subject.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_held_for_long_or_waited_for_explains_nothing() {
    let subject = Sqlite::new().await;
    is_not_named(r2d2::Rollback::sqlite(subject.url())).await;
    is_not_named(deadpool::Rollback::<Async>::sqlite(subject.url())).await;
    is_not_named(bb8::Rollback::<Async>::sqlite(subject.url())).await;
    is_not_named(deadpool_diesel::Rollback::sqlite(subject.url())).await;
}

/// As one of clients for redis is, which has errors of another type, or one that is hidden.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_something_else_that_has_nothing_to_give_explains_nothing() {
    async fn is_not_named<B: Backend>(backend: B, timed_out: impl StdError + Send + Sync + 'static)
    where
        B::Pool: Pool,
    {
        let request = OpenRequest::new("shop::a_test", 5 * LIMIT);
        let Opened { pool, session } = backend.open(request).await.unwrap();
        session.enter().await.unwrap();
        B::Pool::use_it(pool.get().await.unwrap()).await;
        session.leave().await.unwrap();
        let explanation = session.explain(&Error::from(timed_out));
        drop(pool);
        assert!(session.finish().await.is_rolled_back());
        assert_eq!(explanation, None, "{}", backend.describe());
    }
    type DeadpoolError = ::deadpool::managed::PoolError<fmt::Error>;
    let waited = || DeadpoolError::Timeout(::deadpool::managed::TimeoutType::Wait);
    let subject = Sqlite::new().await;
    let url = || subject.url();
    is_not_named(deadpool::Rollback::<Async>::sqlite(url()), waited()).await;
    is_not_named(deadpool_diesel::Rollback::sqlite(url()), waited()).await;
    let timed_out = ::bb8::RunError::<fmt::Error>::TimedOut;
    is_not_named(bb8::Rollback::<Async>::sqlite(url()), timed_out).await;
}

/// What the session waits for itself is no second connection of the application's.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_kept_after_the_request_explains_nothing() {
    async fn kept<B: Backend>(backend: B)
    where
        B::Pool: Pool,
    {
        let opened = backend.open(OpenRequest::new("shop::a_test", LIMIT)).await;
        let Opened { pool, session } = opened.unwrap();
        session.enter().await.unwrap();
        let first = pool.get().await.unwrap();
        session.leave().await.unwrap();
        session.enter().await.unwrap_err();
        B::Pool::use_it(first).await;
        assert_eq!(
            finished(pool, session).await,
            None,
            "{}",
            backend.describe()
        );
    }
    let subject = Sqlite::new().await;
    kept(subject.rollback()).await;
    kept(deadpool::Rollback::<Async>::sqlite(subject.url())).await;
    kept(bb8::Rollback::<Async>::sqlite(subject.url())).await;
    kept(deadpool_diesel::Rollback::sqlite(subject.url())).await;
}
