//! sqlx.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, PgPool, Postgres, Sqlite, SqlitePool};
use tokio::sync::oneshot;

use super::{Library, Own, ROW, said};
use crate::version::trusted;

/// How long production may take to connect, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a pool does, for each database.
macro_rules! through_sqlx {
    ($database:ty) => {
        type Pool = sqlx::Pool<$database>;
        type Held = PoolConnection<$database>;

        fn name(&self) -> String {
            "sqlx".to_owned()
        }

        async fn take(pool: &Self::Pool) -> Result<Self::Held, String> {
            pool.acquire().await.map_err(said)
        }

        async fn run(held: &mut Self::Held, sql: &str) -> Result<(), String> {
            let ran = held.execute(trusted(sql)).await;
            ran.map(|_| ()).map_err(said)
        }

        async fn begin_and_wait(pool: &Self::Pool, sql: &str, waits: oneshot::Sender<()>) {
            if let Ok(mut transaction) = pool.begin().await {
                let _ = transaction.execute(trusted(sql)).await;
                let _ = waits.send(());
                std::future::pending().await
            }
        }

        async fn text(held: &mut Self::Held, sql: &str) -> Result<String, String> {
            let asked = sqlx::query_scalar(trusted(sql)).fetch_one(&mut **held);
            asked.await.map_err(said)
        }
    };
}

/// What every database has, with a BEGIN of its own.
macro_rules! own {
    ($library:ty, $begin:literal) => {
        fn own(&self) -> &'static [Own<$library>] {
            &[
                Own {
                    name: concat!("sqlx: `begin_with(\"", $begin, "\")`, committed"),
                    act: |scene| {
                        async move {
                            let begun = scene.pool.begin_with($begin).await;
                            let mut transaction = begun.map_err(said)?;
                            transaction.execute(ROW).await.map_err(said)?;
                            transaction.commit().await.map_err(said)
                        }
                        .boxed()
                    },
                },
                Own {
                    name: "sqlx: a `begin()` within a `begin()`, both committed",
                    act: |scene| {
                        async move {
                            let mut outer = scene.pool.begin().await.map_err(said)?;
                            let mut inner = outer.begin().await.map_err(said)?;
                            inner.execute(ROW).await.map_err(said)?;
                            inner.commit().await.map_err(said)?;
                            outer.commit().await.map_err(said)
                        }
                        .boxed()
                    },
                },
                Own {
                    name: "sqlx: a `begin()`, a raw `COMMIT`, a `commit()`",
                    act: |scene| {
                        async move {
                            let mut begun = scene.pool.begin().await.map_err(said)?;
                            begun.execute(ROW).await.map_err(said)?;
                            begun.execute("COMMIT").await.map_err(said)?;
                            begun.commit().await.map_err(said)
                        }
                        .boxed()
                    },
                },
                Own {
                    name: "sqlx: `detach()`, then `COMMIT`",
                    act: |scene| {
                        async move {
                            let held = scene.pool.acquire().await.map_err(said)?;
                            let mut taken = held.detach();
                            taken.execute("COMMIT").await.map_err(said)?;
                            taken.execute(ROW).await.map_err(said)?;
                            taken.close().await.map_err(said)
                        }
                        .boxed()
                    },
                },
                Own {
                    name: "sqlx: `Pool::close()`, then another request",
                    act: |scene| {
                        async move {
                            scene.pool.close().await;
                            scene.pool.execute(ROW).await.map_err(said)?;
                            Ok(())
                        }
                        .boxed()
                    },
                },
            ]
        }
    };
}

#[derive(Clone)]
pub(crate) struct SqlxPostgres {
    pub(crate) url: String,
}

impl Library for SqlxPostgres {
    fn backend(&self, limit: Duration) -> impl Backend<Pool = PgPool> {
        Rollback::<Postgres>::new(&self.url).limit(limit)
    }

    fn production(&self) -> PgPool {
        let options = PoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE);
        options.connect_lazy(&self.url).unwrap()
    }

    through_sqlx!(Postgres);
    own!(SqlxPostgres, "BEGIN ISOLATION LEVEL SERIALIZABLE");
}

#[derive(Clone)]
pub(crate) struct SqlxSqlite {
    pub(crate) file: PathBuf,
}

impl SqlxSqlite {
    fn options(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new().filename(&self.file);
        options.busy_timeout(Duration::from_millis(200))
    }
}

impl Library for SqlxSqlite {
    fn backend(&self, limit: Duration) -> impl Backend<Pool = SqlitePool> {
        Rollback::<Sqlite>::with_options(self.options()).limit(limit)
    }

    fn production(&self) -> SqlitePool {
        let options = PoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE);
        options.connect_lazy_with(self.options())
    }

    fn moves(&self) -> bool {
        true
    }

    fn folder(&self) -> String {
        let folder = self.file.parent().unwrap();
        folder.to_string_lossy().into_owned()
    }

    through_sqlx!(Sqlite);
    own!(SqlxSqlite, "BEGIN EXCLUSIVE");
}
