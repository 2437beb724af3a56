//! PostgreSQL.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::Result;
use smoke_rollback::Fault;
use smoke_rollback::dialect::postgres::{self, Postgres as Dialect};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, Postgres};
use sqlx::{Connection as _, Error, Executor, Row, raw_sql};

use super::{Database, run_and_ask};
use crate::each_statement::{self, Relay};
use crate::said::text;
use crate::version::trusted;

impl Database for Postgres {
    type Dialect = Dialect;

    fn by_way_of_relay(
        options: &PgConnectOptions,
    ) -> BoxFuture<'_, Result<(PgConnectOptions, Option<Relay>)>> {
        each_statement::by_way_of_relay(options).boxed()
    }

    fn nowhere() -> PgConnectOptions {
        // No path holds a nul, but for one that is not a file's.
        PgConnectOptions::new_without_pgpass().socket("no\0where")
    }

    run_and_ask!();

    fn read(error: &dyn DatabaseError) -> Fault {
        let state = error.code();
        state.map_or(Fault::Other, |state| {
            postgres::read_error(&state, error.message())
        })
    }

    fn forget_statements(connection: &mut PgConnection) -> BoxFuture<'_, ()> {
        async move {
            if let Err(error) = connection.clear_cached_statements().await {
                tracing::debug!(target: "smoke", "prepared statements stay behind: {}", text(&error));
            }
        }
        .boxed()
    }
}
