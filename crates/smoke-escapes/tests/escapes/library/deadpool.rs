//! diesel-async with deadpool.

use std::marker::PhantomData;
use std::time::Duration;

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolError};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection, TransactionManager,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;
use tokio::sync::oneshot;

use super::{Library, Own, ROW, said};
use crate::version::work;

type Manager<C> = AsyncDieselConnectionManager<C>;

/// A connection, and its pool's backend.
pub(crate) trait Connection:
    AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static
{
    /// Whether connections are moved from test to test.
    const MOVES: bool;

    fn backend(of: &Deadpool<Self>, limit: Duration) -> impl Backend<Pool = Pool<Self>>
    where
        Manager<Self>: ::deadpool::managed::Manager<Type = Self, Error = PoolError>;

    fn text<'c>(&'c mut self, sql: &'c str) -> BoxFuture<'c, QueryResult<String>>;

    fn own() -> &'static [Own<Deadpool<Self>>]
    where
        Deadpool<Self>: Library;
}

pub(crate) struct Deadpool<C> {
    url: String,
    writes: bool,
    each_statement: bool,
    connection: PhantomData<fn() -> C>,
}

impl<C> Deadpool<C> {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            writes: true,
            each_statement: false,
            connection: PhantomData,
        }
    }

    pub(crate) fn read_only(mut self) -> Self {
        self.writes = false;
        self
    }
}

impl Deadpool<AsyncPgConnection> {
    pub(crate) fn savepoint_each_statement(mut self) -> Self {
        self.url = format!("{}?sslmode=disable", self.url);
        self.each_statement = true;
        self
    }
}

impl<C> Clone for Deadpool<C> {
    fn clone(&self) -> Self {
        Self {
            url: self.url.clone(),
            ..*self
        }
    }
}

impl<C: Connection> Library for Deadpool<C>
where
    Manager<C>: ::deadpool::managed::Manager<Type = C, Error = PoolError>,
{
    type Pool = Pool<C>;
    type Held = Object<C>;

    fn name(&self) -> String {
        let library = super::named("diesel-async, deadpool", self.writes);
        if self.each_statement {
            format!("{library}, `savepoint_each_statement()`")
        } else {
            library
        }
    }

    fn backend(&self, limit: Duration) -> impl Backend<Pool = Pool<C>> {
        C::backend(self, limit)
    }

    fn production(&self) -> Pool<C> {
        let pool = Pool::builder(Manager::new(&self.url));
        pool.max_size(1).build().unwrap()
    }

    async fn take(pool: &Pool<C>) -> Result<Object<C>, String> {
        pool.get().await.map_err(said)
    }

    async fn run(held: &mut Object<C>, sql: &str) -> Result<(), String> {
        held.batch_execute(sql).await.map_err(said)
    }

    async fn begin_and_wait(pool: &Pool<C>, sql: &str, waits: oneshot::Sender<()>) {
        if let Ok(mut held) = pool.get().await {
            let work = held.transaction(work!(|held| {
                held.batch_execute(sql).await?;
                let _ = waits.send(());
                std::future::pending::<diesel::QueryResult<()>>().await
            }));
            let _ = work.await;
        }
    }

    async fn text(held: &mut Object<C>, sql: &str) -> Result<String, String> {
        C::text(held, sql).await.map_err(said)
    }

    fn moves(&self) -> bool {
        C::MOVES
    }

    fn own(&self) -> &'static [Own<Self>] {
        C::own()
    }
}

/// What every database has.
macro_rules! own {
    ($connection:ty $(, $more:expr)* $(,)?) => {
        fn own() -> &'static [Own<Deadpool<$connection>>] {
            &[
                Own {
                    name: "diesel: `commit_transaction()` without a `begin_transaction()`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().await.map_err(said)?;
                        AnsiTransactionManager::commit_transaction(&mut *held)
                            .await
                            .map_err(said)?;
                        held.batch_execute(ROW).await.map_err(said)
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: `rollback_transaction()` without a `begin_transaction()`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().await.map_err(said)?;
                        AnsiTransactionManager::rollback_transaction(&mut *held)
                            .await
                            .map_err(said)?;
                        held.batch_execute(ROW).await.map_err(said)
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: a `transaction()` within a `transaction()`, both committed",
                    act: |scene| async move {
                        let mut held = scene.pool.get().await.map_err(said)?;
                        held.transaction(work!(|held| {
                            held.transaction(work!(|held| held.batch_execute(ROW).await))
                                .await
                        }))
                        .await
                        .map_err(|error: diesel::result::Error| said(error))
                    }
                    .boxed(),
                },
                Own {
                    name: "deadpool: `Object::take()`, then `COMMIT`",
                    act: |scene| async move {
                        let held = scene.pool.get().await.map_err(said)?;
                        let mut taken = Object::take(held);
                        taken.batch_execute("COMMIT").await.map_err(said)?;
                        taken.batch_execute(ROW).await.map_err(said)
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: a `transaction()` around a raw `COMMIT`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().await.map_err(said)?;
                        held.transaction(work!(|held| {
                            held.batch_execute(ROW).await?;
                            held.batch_execute("COMMIT").await
                        }))
                        .await
                        .map_err(|error: diesel::result::Error| said(error))
                    }
                    .boxed(),
                },
                $($more,)*
            ]
        }
    };
}

impl Connection for AsyncPgConnection {
    const MOVES: bool = true;

    fn backend(of: &Deadpool<Self>, limit: Duration) -> impl Backend<Pool = Pool<Self>> {
        let rollback = Rollback::postgres(&*of.url).limit(limit);
        if of.each_statement {
            rollback.savepoint_each_statement()
        } else {
            rollback
        }
    }

    fn text<'c>(&'c mut self, query: &'c str) -> BoxFuture<'c, QueryResult<String>> {
        sql::<Text>(query).get_result(self).boxed()
    }

    own!(
        AsyncPgConnection,
        Own {
            name: "diesel: `build_transaction().serializable()`",
            act: |scene| async move {
                let mut held = scene.pool.get().await.map_err(said)?;
                held.build_transaction()
                    .serializable()
                    .read_write()
                    .run(work!(|held| held.batch_execute(ROW).await))
                    .await
                    .map_err(|error: diesel::result::Error| said(error))
            }
            .boxed(),
        },
    );
}

impl Connection for AsyncMysqlConnection {
    const MOVES: bool = false;

    fn backend(of: &Deadpool<Self>, limit: Duration) -> impl Backend<Pool = Pool<Self>> {
        let rollback = Rollback::mysql(&*of.url).limit(limit);
        if of.writes {
            rollback.accept_implicit_commits()
        } else {
            rollback
        }
    }

    fn text<'c>(&'c mut self, query: &'c str) -> BoxFuture<'c, QueryResult<String>> {
        sql::<Text>(query).get_result(self).boxed()
    }

    own!(AsyncMysqlConnection);
}
