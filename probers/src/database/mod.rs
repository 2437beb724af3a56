//! The database that the replicas share.

mod file;
mod server;

use std::any::Any;
use std::path::PathBuf;

use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use tempfile::TempDir;

use file::File;
use server::Server;

/// A database with a table for orders, and a folder for whatever else a test needs.
#[derive(Debug)]
pub struct Database {
    folder: TempDir,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(File),
    Server(Server),
}

/// Keeps everybody else from writing orders until it is dropped.
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Locked(#[expect(dead_code, reason = "is held for its drop")] Box<dyn Any>);

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

impl Database {
    /// One of SQLite, in a file.
    #[must_use]
    pub fn of_a_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kind = Kind::File(File::new(folder.path().join("shop.db")));
        Self { folder, kind }
    }

    /// One of PostgreSQL, at the server that the environment names.
    pub async fn of_a_server() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            kind: Kind::Server(Server::new().await),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Where replicas find it: the path of a file, or a URL.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.kind {
            Kind::File(file) => file.url(),
            Kind::Server(server) => server.url(),
        }
    }

    /// Locks out everybody else who writes orders.
    #[must_use]
    pub fn lock(&self) -> Locked {
        Locked(match &self.kind {
            Kind::File(file) => Box::new(file.lock()),
            Kind::Server(server) => Box::new(server.lock()),
        })
    }

    /// Stops it, as replicas see it: the file is gone, and the server has died.
    pub async fn stop(&self) {
        match &self.kind {
            Kind::File(file) => file.set_there(false),
            Kind::Server(server) => server.line().cut().await,
        }
    }

    /// Brings it back.
    pub async fn go_on(&self) {
        match &self.kind {
            Kind::File(file) => file.set_there(true),
            Kind::Server(server) => server.line().mend().await.unwrap(),
        }
    }

    /// How many orders there are.
    #[must_use]
    pub fn orders(&self) -> i64 {
        let count = sql_query("SELECT count(*) AS rows FROM orders");
        let rows: Rows = match &self.kind {
            Kind::File(file) => count.get_result(&mut file.connect()),
            Kind::Server(server) => count.get_result(&mut server.connect()),
        }
        .unwrap();
        rows.rows
    }
}
