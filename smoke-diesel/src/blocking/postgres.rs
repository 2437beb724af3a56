//! PostgreSQL connections.

use std::sync::{Arc, OnceLock};

use diesel::connection::CacheSize;
use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use diesel::{Connection as _, PgConnection, QueryResult, RunQueryDsl};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_rollback::dialect::postgres::Postgres;

use super::{Connection, threads};

impl Connection for PgConnection {
    type Dialect = Postgres;

    /// Two threads: where a server does not answer, another one may.
    fn threads() -> Arc<ScheduledThreadPool> {
        static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
        Arc::clone(THREADS.get_or_init(|| threads::start("postgres", 2)))
    }

    fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self)
    }

    fn keep_no_statements(&mut self) {
        self.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
}
