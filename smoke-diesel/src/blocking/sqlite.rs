//! SQLite connections.

use std::sync::{Arc, OnceLock};

use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::Result;
use smoke_rollback::dialect::sqlite::Sqlite;

use super::{Connection, threads};
use crate::sqlite::refuse_manager;

impl Connection for SqliteConnection {
    type Dialect = Sqlite;

    /// One thread: what is done first on it holds for every connection that it opens.
    fn threads() -> Arc<ScheduledThreadPool> {
        static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
        let threads = THREADS.get_or_init(|| {
            let threads = threads::start("sqlite", 1);
            threads.execute(|| {
                if let Err(error) = smoke_sqlite::watch_thread() {
                    tracing::error!(target: "smoke", "{error}");
                }
            });
            threads
        });
        Arc::clone(threads)
    }

    fn watch() -> Result<Box<dyn Send>> {
        Ok(Box::new(smoke_sqlite::watch_process()?))
    }

    fn admit_manager() -> Result {
        refuse_manager()
    }

    fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self)
    }

    const PLACEHOLDER: Option<&'static str> = Some(":memory:");
}
