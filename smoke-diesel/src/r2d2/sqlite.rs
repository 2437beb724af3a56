//! SQLite connections.

use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, QueryResult, SqliteConnection};
use scheduled_thread_pool::ScheduledThreadPool;
use smoke_core::Result;
use smoke_sqlite::Handle;

use super::connection::{Connection, Outside};
use super::{Manager, threads};
use crate::dialect::{Dialect, SqliteDialect, Terms};
use crate::gate::Gate;
use crate::sqlite;
use crate::verdict::{not_begun, not_cut};

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

    fn watch() -> Result<Box<dyn Send>> {
        Ok(Box::new(smoke_sqlite::watch_process()?))
    }

    fn seize(&mut self, _: &Manager<Self>) -> Result<Handle> {
        sqlite::hold(self).map_err(|error| not_begun::<SqliteDialect>(&error))
    }

    fn begin(&mut self, handle: &Handle, terms: &Terms, gate: &Gate) -> Result {
        sqlite::seal(self, handle).map_err(|error| not_begun::<SqliteDialect>(&error))?;
        let asked = handle.clone();
        gate.witness().asks(move || sqlite::last_error(&asked));
        self.begin_test_transaction()
            .and_then(|()| self.batch_execute(&SqliteDialect::begin(terms, true)))
            .map_err(|error| not_begun::<SqliteDialect>(&error))
    }

    /// The seal does that.
    fn bar(&mut self) -> QueryResult<()> {
        Ok(())
    }
}

impl Outside for Handle {
    fn cut(&self) -> bool {
        sqlite::cut(self).inspect_err(|why| not_cut(why)).is_ok()
    }

    fn refusal(&self) -> Option<String> {
        sqlite::refusal(self)
    }

    fn remark(&self) -> Option<String> {
        sqlite::remark(self)
    }
}
