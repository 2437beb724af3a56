//! A database of one test.

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::r2d2::ConnectionManager;
use diesel::{PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::shop::Shop;

pub(crate) type Pool<C> = diesel::r2d2::Pool<ConnectionManager<C>>;

pub(crate) struct Database<C: Shop> {
    url: String,
    pool: Pool<C>,
    /// Removes it.
    _end: End,
}

enum End {
    File { _folder: TempDir },
    Schema { server: String, name: String },
}

impl Database<SqliteConnection> {
    pub(crate) fn of_a_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("app.db").to_str().unwrap().to_owned();
        let columns = "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL";
        let tables = format!("PRAGMA journal_mode = WAL; CREATE TABLE users ({columns})");
        Self::new(url, &tables, End::File { _folder: folder })
    }
}

impl Database<PgConnection> {
    pub(crate) fn of_a_schema() -> Self {
        let server = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let name = format!("shop_{}", Uuid::new_v4().simple());
        execute(&server, &format!("CREATE SCHEMA {name}"));
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-csearch_path%3D{name}");
        let tables = "CREATE TABLE users (id SERIAL PRIMARY KEY, name TEXT NOT NULL)";
        Self::new(url, tables, End::Schema { server, name })
    }
}

impl<C: Shop> Database<C> {
    fn new(url: String, tables: &str, end: End) -> Self {
        let manager = ConnectionManager::<C>::new(&url);
        let pool = Pool::builder().max_size(2).build(manager).unwrap();
        pool.get().unwrap().batch_execute(tables).unwrap();
        Self {
            url,
            pool,
            _end: end,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pool(&self) -> Pool<C> {
        self.pool.clone()
    }

    pub(crate) fn rows(&self) -> i64 {
        self.pool.get().unwrap().count().unwrap()
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Self::Schema { server, name } = self {
            execute(server, &format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}

fn execute(server: &str, statement: &str) {
    let mut connection = PgConnection::establish(server).unwrap();
    connection.batch_execute(statement).unwrap();
}
