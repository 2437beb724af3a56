//! PostgreSQL connections of diesel-async, whatever the pool.

use std::future::Future;

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use tokio_postgres::{CancelToken, NoTls};

use smoke_core::rollback::postgres::{GONE, WHO, count, terminate};

use crate::dialect::{Dialect, PostgresDialect, Terms};

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    cancel: CancelToken,
}

impl ServerSide {
    pub(crate) async fn of(connection: &mut AsyncPgConnection) -> QueryResult<Self> {
        Ok(Self {
            who: sql::<Text>(WHO).get_result(connection).await?,
            cancel: connection.cancel_token(),
        })
    }

    /// Ends it by way of another connection, whatever it is doing; whether it is gone.
    pub(crate) async fn end<E>(
        &self,
        other: impl Future<Output = Result<AsyncPgConnection, E>>,
    ) -> Result<bool, E>
    where
        E: From<diesel::result::Error>,
    {
        let mut other = match other.await {
            Ok(other) => other,
            Err(error) => {
                // The server may be full; it takes a cancellation all the same. What is then left
                // are its own limits.
                let _ = self.cancel.cancel_query(NoTls).await;
                return Err(error);
            }
        };
        other.batch_execute(&terminate(&self.who)).await?;
        let (times, pause) = GONE;
        for _ in 0..times {
            let left: i64 = sql::<BigInt>(&count(&self.who))
                .get_result(&mut other)
                .await?;
            if left == 0 {
                return Ok(true);
            }
            tokio::time::sleep(pause).await;
        }
        Ok(false)
    }
}

/// Begins the transaction, with limits and guard, in one batch, so that diesel counts it.
pub(crate) async fn begin(connection: &mut AsyncPgConnection, terms: &Terms) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(connection, &PostgresDialect::begin(terms))
        .await?;
    // As `begin_test_transaction` does: the pool is not to take the connection for broken. That
    // one would take a round trip of its own, with the limits not yet set.
    <AsyncPgConnection as AsyncConnection>::TransactionManager::transaction_manager_status_mut(
        connection,
    )
    .set_test_transaction_flag();
    Ok(())
}
