//! SQLite connections.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{Connection as _, QueryResult, RunQueryDsl, SqliteConnection};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::rollback::sqlite::{BUSY_TIMEOUT_MS, JOURNAL, cannot_roll_back};
use smoke_core::{Error, Result};
use smoke_sqlite::{Cut, Handle, IDENTITY};

use super::connection::{Connection, Outside};
use super::{Manager, threads};
use crate::dialect::{Dialect, SqliteDialect, Terms};
use crate::gate::Gate;
use crate::verdict::not_begun;

/// How long to try to get hold of a connection that is in use.
const PATIENCE: Duration = Duration::from_millis(500);

impl Connection for SqliteConnection {
    type Dialect = SqliteDialect;
    type Outside = Handle;

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

    fn seize(&mut self, _: &Manager<Self>) -> Result<Handle> {
        const UNSEEN: &str = "the connection cannot be held from outside: this SQLite is not thread-safe, \
                              or the application has reset its automatic extensions";
        let handle = smoke_sqlite::take_opened().ok_or_else(|| Error::msg(UNSEEN))?;
        let identity: QueryResult<i64> =
            diesel::select(sql::<BigInt>(&format!("{IDENTITY}()"))).get_result(self);
        if identity != Ok(handle.id()) {
            return Err(Error::msg(UNSEEN));
        }
        let file: Option<String> =
            sql::<Nullable<Text>>("SELECT file FROM pragma_database_list WHERE name = 'main'")
                .get_result(self)?;
        if file.is_none_or(|file| file.is_empty()) {
            return Err(Error::msg(
                "an in-memory SQLite database cannot have a sandbox: a second connection is another database; use a file",
            ));
        }
        Ok(handle)
    }

    fn begin(&mut self, handle: &Handle, terms: &Terms, _: &Gate) -> Result {
        let timeout: i32 =
            sql::<Integer>("SELECT timeout FROM pragma_busy_timeout").get_result(self)?;
        if timeout > BUSY_TIMEOUT_MS {
            self.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))?;
        }
        let journal: String = sql::<Text>(JOURNAL).get_result(self)?;
        if let Some(why) = cannot_roll_back(&journal) {
            return Err(Error::msg(why));
        }
        handle.seal();
        self.begin_test_transaction()
            .and_then(|()| self.batch_execute(&SqliteDialect::begin(terms, true)))
            .map_err(|error| not_begun::<SqliteDialect>(&error))
    }
}

impl Outside for Handle {
    fn cut(&self) {
        if Handle::cut(self, PATIENCE) == Cut::Busy {
            tracing::error!(
                target: "smoke",
                "a thread does not let go of a sandbox's SQLite connection; nothing that it writes can be committed",
            );
        }
    }

    fn refusal(&self) -> Option<String> {
        self.has_deferred_violations().then(|| {
            "FOREIGN KEY constraint failed (its check was put off until the COMMIT)".to_owned()
        })
    }

    fn remark(&self) -> Option<String> {
        (self.refused_commits() > 0)
            .then(|| "the sandbox refused to commit, so that nothing was written".to_owned())
    }
}
