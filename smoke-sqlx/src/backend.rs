//! The contract with the runner, for each database.

use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};
use smoke_rollback::Dialect as _;
use sqlx::Pool;

use crate::open::open;
use crate::rollback::Rollback;

macro_rules! backend {
    ($database:ty) => {
        impl Backend for Rollback<$database> {
            type Pool = Pool<$database>;

            fn describe(&self) -> String {
                let name = <$database as crate::database::Database>::Dialect::NAME;
                format!("sqlx on {name}")
            }

            fn capacity(&self) -> usize {
                let borne = <$database as crate::database::Database>::Dialect::CAPACITY;
                self.choices().capacity.min(borne)
            }

            fn limit(&self) -> Duration {
                let limit = <$database as crate::database::Database>::Dialect::LIMIT;
                self.choices().limit.unwrap_or(limit)
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
