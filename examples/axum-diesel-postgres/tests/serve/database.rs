//! A schema of one test, in the database that the environment names.

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

pub(crate) struct Database {
    server: String,
    schema: String,
    runtime: Runtime,
}

impl Database {
    pub(crate) fn new() -> Self {
        let server = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let database = Self {
            server,
            schema: format!("shop_{}", Uuid::new_v4().simple()),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        };
        database.run(&format!("CREATE SCHEMA {}", database.schema));
        database
    }

    /// A URL whose connections find and make their tables in the schema.
    pub(crate) fn url(&self) -> String {
        let Self { server, schema, .. } = self;
        let joint = if server.contains('?') { '&' } else { '?' };
        format!("{server}{joint}options=-csearch_path%3D{schema}")
    }

    /// The rows of the products and of the orders.
    pub(crate) fn rows(&self) -> (i64, i64) {
        (self.count("products"), self.count("orders"))
    }

    /// As after a migration that nobody has run here.
    pub(crate) fn lose_the_orders(&self) {
        self.run(&format!("DROP TABLE {}.orders", self.schema));
    }

    fn count(&self, table: &str) -> i64 {
        let counting = sql::<BigInt>(&format!("SELECT count(*) FROM {}.{table}", self.schema));
        self.runtime.block_on(async {
            let mut connection = AsyncPgConnection::establish(&self.server).await.unwrap();
            counting.get_result(&mut connection).await.unwrap()
        })
    }

    fn run(&self, statement: &str) {
        self.runtime.block_on(async {
            let mut connection = AsyncPgConnection::establish(&self.server).await.unwrap();
            connection.batch_execute(statement).await.unwrap();
        });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}
