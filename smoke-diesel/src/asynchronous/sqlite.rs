//! SQLite connections, which diesel-async has on threads that may block.

use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use diesel::{ConnectionError, ConnectionResult, QueryResult, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection as _, RunQueryDsl};
use smoke_core::Result;
use smoke_rollback::dialect::sqlite::Sqlite;

use super::Connect;
use super::connection::{Connection, keep};
use crate::sqlite::refuse_manager;

impl Connection for SyncConnectionWrapper<SqliteConnection> {
    type Dialect = Sqlite;
    type Line = ();

    /// What was given up waits for its thread.
    const ENDS_WHEN_DROPPED: bool = false;

    const HAS_PLACEHOLDER: bool = true;

    async fn placeholder() -> Option<Self> {
        Self::establish(":memory:").await.ok()
    }

    fn admit_manager() -> Result {
        refuse_manager()
    }

    /// Any thread may be the one that opens it.
    async fn connect(connect: &Connect<Self>) -> ConnectionResult<Self> {
        let _watching = smoke_sqlite::watch_process()
            .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        connect().await
    }

    async fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self).await
    }

    async fn begin(&mut self, batch: &str) -> QueryResult<()> {
        let batch = batch.to_owned();
        self.spawn_blocking(move |connection| {
            diesel::connection::AnsiTransactionManager::begin_transaction_sql(connection, &batch)
        })
        .await?;
        keep(self);
        Ok(())
    }
}
