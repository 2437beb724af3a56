//! The backends' part of the conformance suite, and what only SeaORM has.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod suite;
mod transactions;

use std::sync::Arc;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tempfile::TempDir;

/// A database that an application has connected to.
#[derive(Clone)]
struct Production {
    connection: DatabaseConnection,
    /// What keeps the file of SQLite.
    _folder: Option<Arc<TempDir>>,
}

impl Production {
    async fn on_postgres() -> Self {
        let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        Self::on_server(url).await
    }

    async fn on_server(url: String) -> Self {
        let mut options = ConnectOptions::new(url);
        options.max_connections(2).sqlx_logging(false);
        Self {
            connection: Database::connect(options).await.unwrap(),
            _folder: None,
        }
    }

    async fn on_mariadb() -> Self {
        let url = std::env::var("SMOKE_TEST_MARIADB_URL").expect(
            "SMOKE_TEST_MARIADB_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        Self::on_server(url).await
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
            _folder: Some(Arc::new(folder)),
        }
    }
}
