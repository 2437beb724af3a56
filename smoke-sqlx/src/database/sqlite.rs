//! SQLite.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::Terms;
use smoke_core::rollback::savepoints::{Attempt, Ending, Savepoints};
use smoke_core::rollback::sqlite::address::{existing, explained};
use smoke_core::rollback::sqlite::{self, BUSY_TIMEOUT_MS, JOURNAL, cannot_roll_back};
use smoke_core::{Error as SmokeError, Result};
use smoke_sqlite::{Cut, Handle};
use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, Error, Row, raw_sql};
use sqlx_sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection};

use super::{Database, Ended, Fault};
use crate::verdict::not_opened;

/// How long to try to get hold of a connection that is in use.
const PATIENCE: Duration = Duration::from_millis(500);

impl Database for Sqlite {
    type Outside = Handle;

    const NAME: &'static str = "SQLite";

    const LIMIT: Duration = sqlite::LIMIT;

    const CAPACITY: usize = sqlite::CAPACITY;

    const SEALED: bool = true;

    fn pause(held: Duration) -> Duration {
        sqlite::pause(held)
    }

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

    fn explained(said: String, options: &SqliteConnectOptions) -> String {
        match options.get_filename().to_str() {
            Some(name) => explained(&said, name),
            None => said,
        }
    }

    fn nowhere() -> SqliteConnectOptions {
        // No path holds a nul.
        SqliteConnectOptions::new().filename("\0")
    }

    fn run(connection: &mut SqliteConnection, sql: String) -> BoxFuture<'_, Result<(), Error>> {
        async move {
            raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            Ok(())
        }
        .boxed()
    }

    fn seize(connection: &mut SqliteConnection) -> BoxFuture<'_, Result<Handle>> {
        async move {
            let adopted = match connection.lock_handle().await {
                Ok(mut locked) => smoke_sqlite::adopt(&mut locked),
                Err(error) => return Err(not_opened::<Self>(&error)),
            };
            let handle = adopted.map_err(|why| {
                SmokeError::msg(format!("the connection cannot be held from outside: {why}"))
            })?;
            handle.attach_what_is_there();
            let asked = "SELECT file FROM pragma_database_list WHERE name = 'main'";
            let asked = raw_sql(asked).fetch_one(connection).await;
            let file = asked.and_then(|row| row.try_get::<Option<String>, _>(0));
            let file = file.map_err(|error| not_opened::<Self>(&error))?;
            if file.is_none_or(|file| file.is_empty()) {
                return Err(SmokeError::msg(
                    "an in-memory SQLite database cannot have a sandbox: a second connection is another database; use a file",
                ));
            }
            Ok(handle)
        }
        .boxed()
    }

    fn make_ready<'c>(
        connection: &'c mut SqliteConnection,
        handle: &'c Handle,
    ) -> BoxFuture<'c, Result<(), Error>> {
        async move {
            let row = raw_sql("SELECT timeout FROM pragma_busy_timeout")
                .fetch_one(&mut *connection)
                .await?;
            if row.try_get::<i32, _>(0)? > BUSY_TIMEOUT_MS {
                let sql = format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}");
                Self::run(connection, sql).await?;
            }
            let row = raw_sql(JOURNAL).fetch_one(&mut *connection).await?;
            let journal: String = row.try_get(0)?;
            if let Some(why) = cannot_roll_back(&journal) {
                return Err(Error::Configuration(why.into()));
            }
            // While the thread that uses the connection waits.
            let _locked = connection.lock_handle().await?;
            handle.seal();
            Ok(())
        }
        .boxed()
    }

    fn begin(terms: &Terms, _: &Handle) -> String {
        sqlite::begin(terms)
    }

    fn end(savepoints: &Savepoints, _: &Handle) -> Vec<Attempt<Ending>> {
        sqlite::end(savepoints)
    }

    fn read(error: &dyn DatabaseError) -> Fault {
        let code = error.code().and_then(|code| code.parse().ok());
        sqlite::read_error(code.unwrap_or_default(), error.message())
    }

    fn read_message(said: &str) -> Fault {
        sqlite::read_message(said)
    }

    fn last_error<'c>(
        connection: &'c mut SqliteConnection,
        handle: &'c Handle,
    ) -> BoxFuture<'c, Option<(Fault, String)>> {
        async move {
            let _locked = connection.lock_handle().await.ok()?;
            let (code, said) = handle.last_error()?;
            Some((sqlite::read_error(code, &said), said))
        }
        .boxed()
    }

    fn refusal<'c>(
        connection: &'c mut SqliteConnection,
        handle: &'c Handle,
    ) -> BoxFuture<'c, Option<String>> {
        async move {
            let _locked = connection.lock_handle().await.ok()?;
            handle.has_deferred_violations().then(|| {
                "FOREIGN KEY constraint failed (its check was put off until the COMMIT)".to_owned()
            })
        }
        .boxed()
    }

    fn remark(handle: &Handle) -> Option<String> {
        (handle.refused_commits() > 0)
            .then(|| "the sandbox refused to commit, so that nothing was written".to_owned())
    }

    fn end_from_outside<'o>(
        handle: &'o Handle,
        _: &'o SqliteConnectOptions,
        _: Duration,
    ) -> BoxFuture<'o, Result<Ended, String>> {
        let handle = handle.clone();
        async move {
            let cutting = tokio::task::spawn_blocking(move || handle.cut(PATIENCE));
            match cutting.await {
                Ok(Cut::Closed) => Ok(Ended::Before),
                Ok(Cut::RolledBack) => Ok(Ended::Now),
                Ok(Cut::Busy) => Err(
                    "its thread does not let go of it; nothing that it writes can be committed"
                        .to_owned(),
                ),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed()
    }
}
