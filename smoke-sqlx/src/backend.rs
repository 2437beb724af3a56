//! The contract with the runner, for each database.

use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};
use smoke_rollback::Dialect as _;
use sqlx::Pool;

use crate::database::Database;
use crate::open::open;
use crate::rollback::Rollback;

type DialectOf<DB> = <DB as Database>::Dialect;

macro_rules! backend {
    ($database:ty) => {
        impl Backend for Rollback<$database> {
            type Pool = Pool<$database>;

            fn describe(&self) -> String {
                format!("sqlx on {}", DialectOf::<$database>::NAME)
            }

            fn capacity(&self) -> usize {
                self.choices().capacity_on::<DialectOf<$database>>()
            }

            fn limit(&self) -> Duration {
                self.choices().limit_on::<DialectOf<$database>>()
            }

            fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>> {
                Box::pin(open(self, request))
            }
        }
    };
}

#[cfg(feature = "mysql")]
backend!(sqlx::MySql);
#[cfg(feature = "postgres")]
backend!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
backend!(sqlx_sqlite::Sqlite);
