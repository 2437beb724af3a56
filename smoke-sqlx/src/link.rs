//! The pools of sqlx, as a session uses them.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::Clue;
use smoke_core::rollback::redact;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::lock;
use smoke_rollback::queue::Look;
use smoke_rollback::{Fault, Found, GRACE, Link, Missing, Released, Thread, Waiters};
use sqlx::pool::PoolConnection;
use sqlx::{ConnectOptions, Connection as _, Error, Pool};
use tokio::time::timeout;

use crate::database::{Database, Options, fault_of};
use crate::errors::{find, has_timed_out, plainer};
use crate::levels;
use crate::on_top::OnTop;
use crate::said::text;
use crate::version::{close, closed};

/// A pool of sqlx on one database.
pub(crate) struct Sqlx<DB: Database> {
    options: Options<DB>,
    /// How a library on top of sqlx shows its errors.
    on_top: OnTop,
    /// For the hooks of the pool, until the session parts with it.
    pool: Mutex<Option<Pool<DB>>>,
}

impl<DB: Database> Sqlx<DB> {
    pub(crate) fn new(options: Options<DB>, on_top: OnTop) -> Self {
        Self {
            options,
            on_top,
            pool: Mutex::new(None),
        }
    }

    pub(crate) fn opened(&self, pool: Pool<DB>) {
        *lock(&self.pool) = Some(pool);
    }

    /// Has the pool hand nothing out any more.
    pub(crate) fn shut_pool(&self) {
        let pool = lock(&self.pool).clone();
        if let Some(pool) = pool {
            self.shut(&pool);
        }
    }
}

impl<DB: Database> Link for Sqlx<DB> {
    type Dialect = DB::Dialect;
    type Pool = Pool<DB>;
    type Connection = DB::Connection;
    type Taken = PoolConnection<DB>;
    type Error = Error;
    type Luggage = ();

    const READS_CODES: bool = true;
    const WAITERS: Waiters = Waiters::Unseen;
    const MOVES: bool = DB::MOVES;

    async fn take(&self, pool: &Pool<DB>, wait: Duration) -> Result<PoolConnection<DB>, Missing> {
        match timeout(wait, pool.acquire()).await {
            Ok(Ok(connection)) => Ok(connection),
            Err(_) | Ok(Err(Error::PoolTimedOut)) => Err(Missing::InUse(format!(
                "it was not given back within {wait:?}"
            ))),
            Ok(Err(Error::PoolClosed)) => {
                let _ = timeout(wait, closed(pool)).await;
                Err(Missing::Gone("the application closed the pool".to_owned()))
            }
            // The pool would have connected once more, and could not.
            Ok(Err(_)) => Err(Missing::Gone(
                "the pool, or the application, closed it".to_owned(),
            )),
        }
    }

    async fn with<T, W>(
        mut taken: PoolConnection<DB>,
        _: Thread,
        work: W,
    ) -> Result<(PoolConnection<DB>, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut DB::Connection) -> BoxFuture<'c, T> + Send + 'static,
    {
        let done = work(&mut taken).await;
        Ok((taken, done))
    }

    async fn discard(&self, taken: PoolConnection<DB>) {
        // The server has rolled back, or does so when it notices.
        match timeout(GRACE, taken.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(target: "smoke", "a sandbox's connection was not closed in order: {}", text(&error));
            }
            Err(_) => {
                tracing::debug!(target: "smoke", "closing a sandbox's connection takes longer than {GRACE:?}");
            }
        }
    }

    fn shut(&self, pool: &Pool<DB>) {
        // It counts as closed before anybody waits for that.
        drop(pool.close());
    }

    /// Waits a little until the pool has closed its connection.
    async fn part(&self, pool: Pool<DB>) -> bool {
        drop(lock(&self.pool).take());
        timeout(GRACE, close(&pool)).await.is_ok()
    }

    fn look(pool: &Pool<DB>) -> Option<Look> {
        Some(Look {
            is_out: pool.num_idle() == 0,
            is_awaited: false,
        })
    }

    /// The pool is closed, and connects no other in its place.
    async fn release(&self, taken: PoolConnection<DB>) -> Released<Self> {
        Ok((taken.detach(), ()))
    }

    async fn close(connection: DB::Connection) {
        let _ = timeout(GRACE, connection.close()).await;
    }

    async fn run(connection: &mut DB::Connection, sql: &str) -> Result<(), Error> {
        DB::run(connection, sql).await
    }

    async fn texts(
        connection: &mut DB::Connection,
        sql: &str,
    ) -> Result<Vec<Option<String>>, Error> {
        DB::texts(connection, sql).await
    }

    async fn begin(&self, connection: &mut DB::Connection, sql: &str) -> Result<(), Error> {
        levels::begin::<DB>(connection, sql).await
    }

    async fn unnest(connection: &mut DB::Connection) -> bool {
        !levels::are_missing::<DB>(connection).await
    }

    async fn last_error(
        connection: &mut DB::Connection,
        _: &<DB::Dialect as Dialect>::Outside,
    ) -> Option<(Fault, String)> {
        let (fault, said) = DB::last_error(connection).await?;
        Some((fault, redact(&said).into_owned()))
    }

    async fn other(&self) -> Result<DB::Connection, String> {
        self.options.connect().await.map_err(|error| text(&error))
    }

    async fn forget_statements(connection: &mut DB::Connection) {
        DB::forget_statements(connection).await;
    }

    #[cfg(feature = "sqlite")]
    async fn adopt(
        connection: &mut DB::Connection,
    ) -> Option<Result<smoke_sqlite::Handle, String>> {
        DB::adopt(connection).await
    }

    fn read(error: &Error) -> Fault {
        fault_of::<DB>(error)
    }

    fn said(error: &Error) -> String {
        text(error)
    }

    fn failure(why: &str) -> Error {
        Error::Configuration(why.into())
    }

    fn find(&self, clue: Clue<'_>) -> Option<Found> {
        find::<DB>(self.on_top, clue)
    }

    fn is_exhausted(&self, clue: Clue<'_>) -> bool {
        has_timed_out(self.on_top, clue)
    }

    fn plainer(&self, error: &smoke_core::Error) -> Option<(String, String)> {
        plainer(self.on_top, error)
    }
}
