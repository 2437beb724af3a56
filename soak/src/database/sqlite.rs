//! SQLite's census: whether a writer gets the lock at once, and whether the file is whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use tempfile::TempDir;

use super::{Database, note};
use crate::shop;
use crate::stack::{Connection as _, Sqlite};

/// How often the lock is looked at.
const LOOKS: Duration = Duration::from_millis(2);

/// Looks whether the writer's lock can be had, until it is asked.
#[derive(Debug)]
pub struct LockWatch {
    over: Arc<AtomicBool>,
    looking: JoinHandle<Duration>,
}

impl LockWatch {
    /// Looks from now on.
    #[must_use]
    pub fn start(url: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let looking = std::thread::spawn({
            let (over, url) = (Arc::clone(&over), url.to_owned());
            move || look(&url, &over)
        });
        Self { over, looking }
    }

    /// The longest time that somebody else had it without a break.
    #[must_use]
    pub fn longest(self) -> Duration {
        self.over.store(true, Ordering::SeqCst);
        self.looking.join().unwrap()
    }
}

fn look(url: &str, over: &AtomicBool) -> Duration {
    let mut connection = <SqliteConnection as diesel::Connection>::establish(url).unwrap();
    let (mut longest, mut free) = (Duration::ZERO, Instant::now());
    while !over.load(Ordering::SeqCst) {
        let got = connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK");
        if got.is_ok() {
            free = Instant::now();
        } else {
            longest = longest.max(free.elapsed());
        }
        std::thread::sleep(LOOKS);
    }
    longest
}

/// A file in a folder of its own.
#[derive(Debug)]
pub struct SqliteDatabase {
    url: String,
    _folder: TempDir,
}

impl Database for SqliteDatabase {
    type Stack = Sqlite;

    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("shop.db").to_str().unwrap().to_owned();
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        // The mode stays with the file.
        for sql in [&["PRAGMA journal_mode = WAL"], shop::TABLES].concat() {
            connection.run(sql).await.unwrap();
        }
        Self {
            url,
            _folder: folder,
        }
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn held(&self) -> Vec<String> {
        let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
        let mut held = Vec::new();
        let at_once = "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK";
        if let Err(error) = connection.batch_execute(at_once) {
            held.push(format!("the writer's lock ({error})"));
        }
        let damages = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
        note(
            &mut held,
            "damages",
            connection.number(damages).await.unwrap(),
        );
        held
    }

    /// It has no server.
    async fn connections(&self) -> i64 {
        0
    }
}
