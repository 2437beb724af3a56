//! Production: it reads, writes and migrates the tables that smoke tests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::stack::{Connection, Stack};
use crate::waits::{Beside, Does, Waits};

/// The pause after each statement.
const PAUSE: Duration = Duration::from_millis(5);
/// The pause between two migrations.
const BETWEEN_MIGRATIONS: Duration = Duration::from_millis(200);

/// The statements of one transaction. They take the tills the other way round than the smoke test.
const SELL: &[&str] = &[
    "BEGIN IMMEDIATE",
    "INSERT INTO sales (note) VALUES ('production')",
    "UPDATE tills SET sold = sold + 1 WHERE id = 1",
    "UPDATE tills SET sold = sold + 1 WHERE id = 2",
    "COMMIT",
];

/// A production under load, until it is asked for what it had to wait for.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Waits>>,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    smoke_tests: AtomicBool,
    sold: AtomicU64,
}

impl Load {
    /// Two that read, two that write and one that migrates, on connections of their own.
    #[must_use]
    pub fn start<S: Stack>(url: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let tasks = [
            Does::Read,
            Does::Read,
            Does::Write,
            Does::Write,
            Does::Migrate,
        ];
        let threads = tasks.map(|does| {
            let (url, shared) = (url.to_owned(), Arc::clone(&shared));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(work::<S>(does, &url, &shared))
            })
        });
        Self {
            shared,
            threads: threads.into(),
        }
    }

    /// Tells whether smoke tests run.
    pub fn is_beside(&self, smoke_tests: bool) {
        self.shared.smoke_tests.store(smoke_tests, Ordering::SeqCst);
    }

    /// Ends it, and says what it had to wait for and how many sales it has committed.
    #[must_use]
    pub fn end(self) -> (Waits, u64) {
        self.shared.over.store(true, Ordering::SeqCst);
        let mut waits = Waits::default();
        for thread in self.threads {
            waits.add(thread.join().unwrap());
        }
        (waits, self.shared.sold.load(Ordering::SeqCst))
    }
}

async fn work<S: Stack>(does: Does, url: &str, shared: &Shared) -> Waits {
    let mut connection = S::Connection::connect(url).await.unwrap();
    let mut waits = Waits::default();
    let mut has_column = false;
    while !shared.over.load(Ordering::SeqCst) {
        let beside = || shared.smoke_tests.load(Ordering::SeqCst);
        let (before, start) = (beside(), Instant::now());
        let mut longest = Duration::ZERO;
        let ran = match does {
            Does::Read => read(&mut connection).await,
            Does::Write => sell::<S>(&mut connection, &mut longest).await,
            Does::Migrate => migrate(&mut connection, &mut has_column).await,
        };
        let took = if does == Does::Write {
            longest
        } else {
            start.elapsed()
        };
        let beside = if before || beside() {
            Beside::SmokeTests
        } else {
            Beside::Alone
        };
        if does == Does::Write && ran.is_ok() {
            shared.sold.fetch_add(1, Ordering::SeqCst);
        }
        waits.note(does, beside, took, ran.err().map(|error| error.to_string()));
        tokio::time::sleep(if does == Does::Migrate {
            BETWEEN_MIGRATIONS
        } else {
            PAUSE
        })
        .await;
    }
    waits
}

async fn read(connection: &mut impl Connection) -> anyhow::Result<()> {
    let count =
        "SELECT (SELECT count(*) FROM sales) + (SELECT count(*) FROM tills WHERE sold >= 0)";
    connection.number(count).await.map(drop)
}

/// Each of its statements is timed: what waits is a statement.
async fn sell<S: Stack>(
    connection: &mut S::Connection,
    longest: &mut Duration,
) -> anyhow::Result<()> {
    for sql in SELL {
        // The word is SQLite's own: it writes, and says so at once.
        let sql = match *sql {
            "BEGIN IMMEDIATE" if S::NAME != "sqlite" => "BEGIN",
            sql => sql,
        };
        let start = Instant::now();
        let ran = connection.run(sql).await;
        *longest = (*longest).max(start.elapsed());
        if let Err(error) = ran {
            // Fails where the database has rolled back already.
            let _ = connection.run("ROLLBACK").await;
            return Err(error);
        }
    }
    Ok(())
}

async fn migrate(connection: &mut impl Connection, has_column: &mut bool) -> anyhow::Result<()> {
    let change = if *has_column {
        "DROP COLUMN remark"
    } else {
        "ADD COLUMN remark INTEGER"
    };
    connection
        .run(&format!("ALTER TABLE sales {change}"))
        .await?;
    *has_column = !*has_column;
    Ok(())
}
