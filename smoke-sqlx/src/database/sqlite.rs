//! SQLite.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_rollback::Fault;
use smoke_rollback::dialect::sqlite::address::existing;
use smoke_rollback::dialect::sqlite::{self, Sqlite as Dialect};
use smoke_sqlite::{Handle, Watching};
use sqlx::error::DatabaseError;
use sqlx::{Error, Executor, Row, raw_sql};
use sqlx_sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection};

use super::{Database, run_and_ask};
use crate::version::{held, trusted};

impl Database for Sqlite {
    type Dialect = Dialect;

    /// With a mutex, so that the connection can be ended from outside of its thread, and never
    /// making a file that is missing.
    fn for_sandbox(options: SqliteConnectOptions) -> SqliteConnectOptions {
        let options = options.serialized(true).create_if_missing(false);
        // sqlx hands a URI in the place of a path on to SQLite.
        let name = options.get_filename().to_str().map(str::to_owned);
        match name.filter(|name| name.starts_with("file:")) {
            Some(uri) => options.filename(existing(&uri)),
            None => options,
        }
    }

    fn url(options: &SqliteConnectOptions) -> Option<String> {
        options.get_filename().to_str().map(str::to_owned)
    }

    fn nowhere() -> SqliteConnectOptions {
        // No path holds a nul.
        SqliteConnectOptions::new().filename("\0")
    }

    fn placeholder() -> Option<SqliteConnectOptions> {
        Some(SqliteConnectOptions::new().in_memory(true))
    }

    const MOVES: bool = true;

    run_and_ask!();

    fn read(error: &dyn DatabaseError) -> Fault {
        let code = error.code().and_then(|code| code.parse().ok());
        sqlite::read_error(code.unwrap_or_default(), error.message())
    }

    fn watch() -> smoke_core::Result<Option<Watching>> {
        held::watch()
    }

    fn adopt(connection: &mut SqliteConnection) -> BoxFuture<'_, Option<Result<Handle, String>>> {
        held::adopt(connection).boxed()
    }
}
