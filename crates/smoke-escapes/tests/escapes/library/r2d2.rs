//! diesel with r2d2.

use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::{
    ConnectionManager, CustomizeConnection, Pool, PooledConnection, R2D2Connection,
};
use diesel::sql_types::Text;
use futures_util::FutureExt;
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;
use tokio::sync::oneshot;

use super::{Library, Own, ROW, said};

type Manager<C> = ConnectionManager<C>;

/// A connection, and its pool's backend.
pub(crate) trait Connection:
    R2D2Connection<TransactionManager = AnsiTransactionManager> + Send + 'static
{
    /// Whether connections are moved from test to test.
    const MOVES: bool = false;

    fn backend(of: &R2d2<Self>, limit: Duration) -> impl Backend<Pool = Pool<Manager<Self>>>;

    fn pool() -> diesel::r2d2::Builder<Manager<Self>> {
        Pool::builder()
    }

    fn text(&mut self, sql: &str) -> QueryResult<String>;

    fn own() -> &'static [Own<R2d2<Self>>];
}

pub(crate) struct R2d2<C> {
    pub(crate) url: String,
    /// Whether MariaDB's sandboxes may write.
    pub(crate) writes: bool,
    connection: std::marker::PhantomData<fn() -> C>,
}

impl<C> R2d2<C> {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            writes: true,
            connection: std::marker::PhantomData,
        }
    }

    pub(crate) fn read_only(mut self) -> Self {
        self.writes = false;
        self
    }
}

impl<C> Clone for R2d2<C> {
    fn clone(&self) -> Self {
        Self {
            url: self.url.clone(),
            ..*self
        }
    }
}

impl<C: Connection> Library for R2d2<C> {
    type Pool = Pool<Manager<C>>;
    type Held = PooledConnection<Manager<C>>;

    fn name(&self) -> String {
        super::named("diesel, r2d2", self.writes)
    }

    fn backend(&self, limit: Duration) -> impl Backend<Pool = Self::Pool> {
        C::backend(self, limit)
    }

    fn moves(&self) -> bool {
        C::MOVES
    }

    fn folder(&self) -> String {
        let (folder, _) = self.url.rsplit_once('/').unwrap();
        folder.to_owned()
    }

    fn production(&self) -> Self::Pool {
        C::pool()
            .max_size(1)
            .test_on_check_out(false)
            .build(ConnectionManager::new(&self.url))
            .unwrap()
    }

    async fn take(pool: &Self::Pool) -> Result<Self::Held, String> {
        pool.get().map_err(said)
    }

    async fn run(held: &mut Self::Held, sql: &str) -> Result<(), String> {
        held.batch_execute(sql).map_err(said)
    }

    async fn begin_and_wait(pool: &Self::Pool, sql: &str, waits: oneshot::Sender<()>) {
        if let Ok(mut held) = pool.get() {
            let _ = AnsiTransactionManager::begin_transaction(&mut *held);
            let _ = held.batch_execute(sql);
            let _ = waits.send(());
            std::future::pending().await
        }
    }

    async fn text(held: &mut Self::Held, sql: &str) -> Result<String, String> {
        C::text(held, sql).map_err(said)
    }

    fn own(&self) -> &'static [Own<Self>] {
        C::own()
    }
}

/// What every database has.
macro_rules! own {
    ($connection:ty $(, $more:expr)* $(,)?) => {
        fn own() -> &'static [Own<R2d2<$connection>>] {
            &[
                Own {
                    name: "diesel: `commit_transaction()` without a `begin_transaction()`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().map_err(said)?;
                        AnsiTransactionManager::commit_transaction(&mut *held).map_err(said)?;
                        held.batch_execute(ROW).map_err(said)
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: `rollback_transaction()` without a `begin_transaction()`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().map_err(said)?;
                        AnsiTransactionManager::rollback_transaction(&mut *held).map_err(said)?;
                        held.batch_execute(ROW).map_err(said)
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: a `transaction()` within a `transaction()`, both committed",
                    act: |scene| async move {
                        let mut held = scene.pool.get().map_err(said)?;
                        diesel::Connection::transaction(&mut *held, |held| {
                            held.transaction(|held| held.batch_execute(ROW))
                        })
                            .map_err(|error: diesel::result::Error| said(error))
                    }
                    .boxed(),
                },
                Own {
                    name: "diesel: a `transaction()` around a raw `COMMIT`",
                    act: |scene| async move {
                        let mut held = scene.pool.get().map_err(said)?;
                        diesel::Connection::transaction(&mut *held, |held| {
                            held.batch_execute(ROW)?;
                            held.batch_execute("COMMIT")
                        })
                        .map_err(|error: diesel::result::Error| said(error))
                    }
                    .boxed(),
                },
                $($more,)*
            ]
        }
    };
}

impl Connection for PgConnection {
    fn backend(of: &R2d2<Self>, limit: Duration) -> impl Backend<Pool = Pool<Manager<Self>>> {
        Rollback::postgres(&of.url).limit(limit)
    }

    fn text(&mut self, query: &str) -> QueryResult<String> {
        sql::<Text>(query).get_result(self)
    }

    own!(
        PgConnection,
        Own {
            name: "diesel: `build_transaction().serializable()`",
            act: |scene| async move {
                let mut held = scene.pool.get().map_err(said)?;
                held.build_transaction()
                    .serializable()
                    .read_write()
                    .run(|held| held.batch_execute(ROW))
                    .map_err(|error: diesel::result::Error| said(error))
            }
            .boxed(),
        },
    );
}

impl Connection for MysqlConnection {
    fn backend(of: &R2d2<Self>, limit: Duration) -> impl Backend<Pool = Pool<Manager<Self>>> {
        let rollback = Rollback::mysql(&of.url).limit(limit);
        if of.writes {
            rollback.accept_implicit_commits()
        } else {
            rollback
        }
    }

    fn text(&mut self, query: &str) -> QueryResult<String> {
        sql::<Text>(query).get_result(self)
    }

    own!(MysqlConnection);
}

/// As a careful application sets its connections up.
#[derive(Clone, Copy, Debug)]
struct Pragmas;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute("PRAGMA busy_timeout = 200; PRAGMA foreign_keys = ON")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

impl Connection for SqliteConnection {
    const MOVES: bool = true;

    fn backend(of: &R2d2<Self>, limit: Duration) -> impl Backend<Pool = Pool<Manager<Self>>> {
        Rollback::sqlite(&of.url).customizer(Pragmas).limit(limit)
    }

    fn pool() -> diesel::r2d2::Builder<Manager<Self>> {
        Pool::builder().connection_customizer(Box::new(Pragmas))
    }

    fn text(&mut self, query: &str) -> QueryResult<String> {
        sql::<Text>(query).get_result(self)
    }

    own!(
        SqliteConnection,
        Own {
            name: "diesel: `immediate_transaction()`",
            act: |scene| async move {
                let mut held = scene.pool.get().map_err(said)?;
                held.immediate_transaction(|held| held.batch_execute(ROW))
                    .map_err(|error: diesel::result::Error| said(error))
            }
            .boxed(),
        },
        Own {
            name: "diesel: `exclusive_transaction()`",
            act: |scene| async move {
                let mut held = scene.pool.get().map_err(said)?;
                held.exclusive_transaction(|held| held.batch_execute(ROW))
                    .map_err(|error: diesel::result::Error| said(error))
            }
            .boxed(),
        },
    );
}
