//! MariaDB and MySQL connections.

use std::sync::{Arc, OnceLock};

use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use diesel::{MysqlConnection, QueryResult, RunQueryDsl};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_rollback::dialect::mysql::Mysql;

use super::{Connection, threads};

impl Connection for MysqlConnection {
    type Dialect = Mysql;

    /// Two threads: where a server does not answer, another one may.
    fn threads() -> Arc<ScheduledThreadPool> {
        static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
        Arc::clone(THREADS.get_or_init(|| threads::start("mysql", 2)))
    }

    fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self)
    }
}
