//! SQLite.

pub mod address;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::rollback::redact;
use smoke_sqlite::{Cut, Handle, IDENTITY};

use super::{Dialect, Ended};
use crate::{Fault, Link, Sandbox};

/// How long to wait for somebody else's lock: production comes first.
const BUSY_TIMEOUT_MS: i32 = 100;

/// How long to try to get hold of a connection that is in use.
const PATIENCE: Duration = Duration::from_millis(500);

/// SQLite.
#[derive(Debug)]
pub enum Sqlite {}

/// A connection, held from outside.
#[derive(Clone, Debug)]
pub struct Held {
    handle: Handle,
    /// Whether the database has a write-ahead log.
    has_log: bool,
}

/// How long sandboxes may have the writer's lock in all, one right after the other, until production is
/// let in.
const LET_IN: Duration = Duration::from_millis(25);

/// How long the next sandbox has to wait after some that had the writer's lock for that long in all.
///
/// Whoever waits for the lock looks whether it is free again after 1, 2, 5, 10, ... and at last 100
/// milliseconds (`busy_timeout`), and is never told. Sandboxes that follow at once on each other
/// would have it whenever it looks.
fn pause(held: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_millis(100);
    const SLACK: Duration = Duration::from_millis(10);
    if held < LET_IN {
        return Duration::ZERO;
    }
    // No sleep of theirs is longer than twice what they have waited so far, and a millisecond.
    (held * 2).min(LONGEST) + SLACK
}

impl Dialect for Sqlite {
    type Outside = Held;

    const NAME: &'static str = "SQLite";

    /// Nobody else writes while it is open.
    const LIMIT: Duration = Duration::from_secs(1);

    /// It has one writer.
    const CAPACITY: usize = 1;

    const NEVER_COMMITS: bool = true;

    fn pause(held: Duration) -> Duration {
        pause(held)
    }

    /// Nothing is made in the application's set-up that is not there.
    async fn prepare<L: Link<Dialect = Self>>(
        connection: &mut L::Connection,
    ) -> Result<(), L::Error> {
        // A connection that closes may hold a lock for a moment, and some libraries wait for none. Before
        // anything is asked: to answer, SQLite reads the database.
        wait_for_locks::<L>(connection).await?;
        hold::<L>(connection).await.map(drop)
    }

    /// Where nothing is written, production's writers do not wait. Else a deferred transaction takes the
    /// write lock at its first write, where it may find the database changed since its first read and
    /// fail for good (`BUSY_SNAPSHOT`).
    async fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        known: Option<Arc<Held>>,
    ) -> Result<Arc<Held>, L::Error> {
        let held = match known {
            Some(known) => known,
            None => {
                let handle = hold::<L>(connection).await?;
                Arc::new(seal::<L>(connection, handle).await?)
            }
        };
        let asked = held.handle.clone();
        sandbox.gate().witness().asks(move || last_error(&asked));
        let begin = if sandbox.terms().writes {
            "BEGIN IMMEDIATE"
        } else {
            "PRAGMA query_only = ON; BEGIN"
        };
        let set = sandbox.savepoints().set();
        sandbox
            .link()
            .begin(connection, &format!("{begin}; {set}"))
            .await?;
        Ok(held)
    }

    fn refusal(held: &Held) -> Option<String> {
        if held.handle.has_deferred_violations() {
            return Some(
                "FOREIGN KEY constraint failed (its check was put off until the COMMIT)".to_owned(),
            );
        }
        // Elsewhere that would keep production's readers out.
        if held.has_log {
            held.handle.write_out().err()
        } else {
            None
        }
    }

    fn may_be_moved(held: &Held) -> bool {
        held.handle.refused_commits() == 0
    }

    fn remark(held: &Held) -> Option<String> {
        (held.handle.refused_commits() > 0)
            .then(|| "the sandbox refused to commit, so that nothing was written".to_owned())
    }

    async fn end_from_outside<L: Link<Dialect = Self>>(
        _: &L,
        held: &Held,
        _: Duration,
    ) -> Result<Ended, String> {
        let handle = held.handle.clone();
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

    fn read_message(said: &str) -> Fault {
        read_message(said)
    }

    fn explained(said: &str, url: &str) -> String {
        address::explained(said, url)
    }
}

/// What is said of a connection that cannot be held from outside.
fn unseen() -> &'static str {
    if smoke_sqlite::is_thread_safe() {
        "the connection cannot be held from outside: the application has reset SQLite's automatic extensions"
    } else {
        "the connection cannot be held from outside: this SQLite is not thread-safe"
    }
}

/// Gets hold of a connection, if it is one of a file.
async fn hold<L: Link<Dialect = Sqlite>>(
    connection: &mut L::Connection,
) -> Result<Handle, L::Error> {
    let identity = L::texts(connection, &format!("SELECT CAST({IDENTITY}() AS TEXT)")).await;
    let found = match identity {
        Ok(rows) => {
            let id = rows.into_iter().flatten().next();
            id.and_then(|id| id.parse().ok())
                .and_then(smoke_sqlite::find)
        }
        Err(error) if L::said(&error).contains("no such function") => None,
        // It is no database, or cannot be read.
        Err(error) => return Err(error),
    };
    let handle = match found {
        Some(handle) => handle,
        None => L::adopt(connection)
            .await
            .unwrap_or_else(|| Err(unseen().to_owned()))
            .map_err(|why| L::failure(&why))?,
    };
    handle.attach_what_is_there();
    let file = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let file = L::texts(connection, file)
        .await?
        .into_iter()
        .flatten()
        .next();
    if file.is_none_or(|file| file.is_empty()) {
        return Err(L::failure(
            "an in-memory SQLite database cannot have a sandbox: a second connection is another database; use a file",
        ));
    }
    Ok(handle)
}

/// How long the connection waits for somebody else's lock, in milliseconds.
async fn busy_timeout<L: Link<Dialect = Sqlite>>(
    connection: &mut L::Connection,
) -> Result<i32, L::Error> {
    let asked = "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout";
    let timeout = L::texts(connection, asked)
        .await?
        .into_iter()
        .flatten()
        .next();
    Ok(timeout
        .and_then(|timeout| timeout.parse().ok())
        .unwrap_or(i32::MAX))
}

async fn wait_for_locks<L: Link<Dialect = Sqlite>>(
    connection: &mut L::Connection,
) -> Result<(), L::Error> {
    L::run(
        connection,
        &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"),
    )
    .await
}

/// Seals a connection that is set up as the application's, and has it wait for nobody for long.
async fn seal<L: Link<Dialect = Sqlite>>(
    connection: &mut L::Connection,
    handle: Handle,
) -> Result<Held, L::Error> {
    if busy_timeout::<L>(connection).await? > BUSY_TIMEOUT_MS {
        wait_for_locks::<L>(connection).await?;
    }
    let journal = "SELECT journal_mode FROM pragma_journal_mode";
    let rows = L::texts(connection, journal).await?;
    let journal = rows.into_iter().flatten().next().unwrap_or_default();
    let journal = journal.to_ascii_lowercase();
    if journal == "off" {
        return Err(L::failure(
            "the connection was set up with PRAGMA journal_mode = OFF, with which SQLite cannot roll back",
        ));
    }
    handle.seal();
    let has_log = journal == "wal";
    Ok(Held { handle, has_log })
}

/// What went wrong in the last statement, of which a library may tell nobody.
fn last_error(handle: &Handle) -> Option<(Fault, String)> {
    let (code, said) = handle.last_error()?;
    Some((read_error(code, &said), redact(&said).into_owned()))
}

/// What a result code, extended or not, means.
#[must_use]
pub fn read(code: i32) -> Fault {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READONLY: i32 = 8;
    const CANTOPEN: i32 = 14;
    const SCHEMA: i32 = 17;
    match code & 0xff {
        BUSY | LOCKED => Fault::Busy,
        READONLY => Fault::ReadOnly,
        CANTOPEN => Fault::Lost,
        SCHEMA => Fault::SchemaChanged,
        _ => Fault::Other,
    }
}

/// The same of an error that has both.
#[must_use]
pub fn read_error(code: i32, said: &str) -> Fault {
    match read(code) {
        Fault::Other => read_message(said),
        fault => fault,
    }
}

/// The same, where the message has to do because a library keeps the code to itself. SQLite's come
/// in English only.
#[must_use]
pub fn read_message(said: &str) -> Fault {
    const FAULTS: &[(Fault, &str)] = &[
        (Fault::Ended, "no such savepoint"),
        (Fault::Busy, "database is locked"),
        (Fault::Busy, "database table is locked"),
        (Fault::Busy, "database schema is locked"),
        (Fault::ReadOnly, "attempt to write a readonly database"),
        (Fault::Lost, "unable to open database file"),
        // The same of older bindings.
        (Fault::Lost, "Unable to open the database file"),
        (Fault::SchemaChanged, "database schema has changed"),
    ];
    let found = FAULTS.iter().find(|(_, text)| said.contains(text));
    found.map_or(Fault::Other, |(fault, _)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of `sqliteDefaultBusyCallback`, in milliseconds.
    const SLEEPS: [u64; 13] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100, 100];

    #[test]
    fn a_file_that_cannot_be_opened_is_known_in_the_words_of_all_bindings() {
        for said in [
            "unable to open database file",
            "Unable to open the database file",
        ] {
            assert_eq!(read_message(said), Fault::Lost, "{said}");
        }
    }

    #[test]
    fn what_is_held_for_a_moment_adds_up() {
        assert_eq!(pause(LET_IN - Duration::from_millis(1)), Duration::ZERO);
        assert_eq!(pause(LET_IN), Duration::from_millis(60));
    }

    #[test]
    fn whoever_waits_for_the_lock_looks_once_in_a_pause() {
        let mut waited = 0;
        for sleep in SLEEPS {
            let (waits, sleeps) = (Duration::from_millis(waited), Duration::from_millis(sleep));
            // Whoever has waited for less looks again before the pause is over, too.
            assert!(pause(waits.max(LET_IN)) > sleeps, "after {waits:?}");
            waited += sleep;
        }
    }
}
