//! A SQLite connection of diesel, held from outside, whatever the pool.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};
use smoke_core::rollback::sqlite::address::existing;
use smoke_core::rollback::sqlite::{BUSY_TIMEOUT_MS, JOURNAL, cannot_roll_back, read_error};
use smoke_core::rollback::{Fault, redact};
use smoke_sqlite::{Cut, Handle, IDENTITY};

/// How long to try to get hold of a connection that is in use.
const PATIENCE: Duration = Duration::from_millis(500);

/// The URL with which diesel opens the same database, and makes no file where there is none.
pub(crate) fn address(url: &str) -> String {
    // diesel reads its own scheme so.
    match url.strip_prefix("sqlite://") {
        Some(rest) => existing(&format!("file:{rest}")),
        None => existing(url),
    }
}

/// The handle of a connection that was opened while that was watched, if it is one of a file.
///
/// # Errors
///
/// When it cannot be held from outside, or nothing can be read.
pub(crate) fn hold(connection: &mut SqliteConnection) -> QueryResult<Handle> {
    let identity: QueryResult<i64> =
        diesel::select(sql::<BigInt>(&format!("{IDENTITY}()"))).get_result(connection);
    let found = match identity {
        Ok(id) => smoke_sqlite::find(id),
        Err(error) if error.to_string().contains("no such function") => None,
        // It is no database, or cannot be read.
        Err(error) => return Err(error),
    };
    let handle = found.ok_or_else(unseen)?;
    handle.attach_what_is_there();
    let file: Option<String> =
        sql::<Nullable<Text>>("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .get_result(connection)?;
    if file.is_none_or(|file| file.is_empty()) {
        return Err(said(
            "an in-memory SQLite database cannot have a sandbox: a second connection is another database; use a file",
        ));
    }
    Ok(handle)
}

/// What is said of a connection that cannot be held from outside.
fn unseen() -> Error {
    let why = match smoke_sqlite::is_thread_safe() {
        true => "the application has reset SQLite's automatic extensions",
        false => "this SQLite is not thread-safe",
    };
    said(&format!(
        "the connection cannot be held from outside: {why}"
    ))
}

fn said(message: &str) -> Error {
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
}

/// Seals a connection that is set up as the application's, and has it wait for nobody for long.
///
/// # Errors
///
/// When it could not be rolled back.
pub(crate) fn seal(connection: &mut SqliteConnection, handle: &Handle) -> QueryResult<()> {
    let timeout: i32 =
        sql::<Integer>("SELECT timeout FROM pragma_busy_timeout").get_result(connection)?;
    if timeout > BUSY_TIMEOUT_MS {
        connection.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))?;
    }
    let journal: String = sql::<Text>(JOURNAL).get_result(connection)?;
    if let Some(why) = cannot_roll_back(&journal) {
        return Err(said(why));
    }
    handle.seal();
    Ok(())
}

/// What went wrong in the last statement: diesel tells nobody of what comes with rows.
pub(crate) fn last_error(handle: &Handle) -> Option<(Fault, String)> {
    let (code, said) = handle.last_error()?;
    Some((read_error(code, &said), redact(&said).into_owned()))
}

/// Ends the connection, whatever its thread does.
///
/// # Errors
///
/// When the thread does not let go of it.
pub(crate) fn cut(handle: &Handle) -> Result<(), &'static str> {
    match handle.cut(PATIENCE) {
        Cut::Busy => {
            Err("its thread does not let go of it; nothing that it writes can be committed")
        }
        Cut::Closed | Cut::RolledBack => Ok(()),
    }
}

/// Why a COMMIT would be refused, where that is known before the rollback.
pub(crate) fn refusal(handle: &Handle) -> Option<String> {
    handle.has_deferred_violations().then(|| {
        "FOREIGN KEY constraint failed (its check was put off until the COMMIT)".to_owned()
    })
}

/// What is known of an escape beyond what the database says.
pub(crate) fn remark(handle: &Handle) -> Option<String> {
    (handle.refused_commits() > 0)
        .then(|| "the sandbox refused to commit, so that nothing was written".to_owned())
}
