//! The backends' part of the conformance suite, and what only SeaORM has.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod missing;
mod second;
mod suite;
mod transactions;
#[path = "../version/mod.rs"]
mod version;
mod wrappers;

use std::sync::Arc;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tempfile::TempDir;

/// A database that an application has connected to.
#[derive(Clone)]
struct Production {
    connection: DatabaseConnection,
    /// What sandboxes connect as, where that is another way to the same database.
    pooled: Option<DatabaseConnection>,
    /// What keeps the file of SQLite.
    _folder: Option<Arc<TempDir>>,
}

impl Production {
    async fn on_postgres() -> Self {
        Self {
            connection: connect("SMOKE_TEST_POSTGRES_URL").await,
            pooled: None,
            _folder: None,
        }
    }

    /// SeaORM prepares every statement under a name, which this pooler does not know of: outside
    /// of a transaction it cannot be used through it.
    async fn on_postgres_through_a_pooler() -> Self {
        Self {
            pooled: Some(connect("SMOKE_TEST_PGBOUNCER_URL").await),
            ..Self::on_postgres().await
        }
    }

    async fn on_mariadb() -> Self {
        Self {
            connection: connect("SMOKE_TEST_MARIADB_URL").await,
            pooled: None,
            _folder: None,
        }
    }

    async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", file.display()));
        // A second one would know of an added column only after it has read something.
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        Self {
            connection,
            pooled: None,
            _folder: Some(Arc::new(folder)),
        }
    }
}

async fn connect(variable: &str) -> DatabaseConnection {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    });
    let mut options = ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
