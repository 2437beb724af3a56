//! What every database has that diesel-async connects to.

/// `Stack::transaction`.
macro_rules! transaction {
    () => {
        async fn transaction(pool: &Self::Pool, sql: String) -> Result<(), String> {
            use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};

            let mut connection = pool.get().await.map_err(|error| error.to_string())?;
            let ran =
                connection.transaction(async |connection| connection.batch_execute(&sql).await);
            ran.await
                .map_err(|error: diesel::result::Error| error.to_string())
        }
    };
}

/// `Connection`.
macro_rules! connection {
    ($connection:ty) => {
        impl super::Connection for $connection {
            async fn connect(url: &str) -> ::anyhow::Result<Self> {
                Ok(<Self as diesel_async::AsyncConnection>::establish(url).await?)
            }

            async fn run(&mut self, sql: &str) -> ::anyhow::Result<()> {
                use diesel_async::SimpleAsyncConnection as _;
                Ok(self.batch_execute(sql).await?)
            }

            async fn number(&mut self, query: &str) -> ::anyhow::Result<i64> {
                use diesel_async::RunQueryDsl as _;
                let asked = diesel::dsl::sql::<diesel::sql_types::BigInt>(query);
                Ok(asked.get_result(self).await?)
            }
        }
    };
}

pub(super) use {connection, transaction};
