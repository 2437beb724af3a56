//! SQLite.

use std::sync::Arc;
use std::time::Duration;

use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool};
use tempfile::TempDir;

#[derive(Clone)]
struct OnSqlite {
    folder: Arc<TempDir>,
}

impl OnSqlite {
    /// As a careful application sets its connections up.
    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.folder.path().join("app.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_millis(500))
    }
}

impl Database for OnSqlite {
    type Pool = SqlitePool;

    fn backend(&self) -> impl Backend<Pool = SqlitePool> {
        Rollback::<Sqlite>::with_options(self.options())
    }

    fn unreachable(&self) -> impl Backend<Pool = SqlitePool> {
        Rollback::<Sqlite>::new("sqlite:///nonexistent/app.db")
    }

    fn production(&self) -> SqlitePool {
        // A second one would know of an added column only after it has read something.
        let options = SqlitePoolOptions::new().max_connections(1);
        options.connect_lazy_with(self.options())
    }

    fn seals(&self) -> bool {
        true
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    crate::through_sqlx!(Sqlite);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_conforms() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    smoke_conformance::backend::check(OnSqlite { folder }).await;
}
