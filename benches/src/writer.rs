//! Somebody else who writes to the same SQLite database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::rounds::Times;

/// The pause after each write.
const PAUSE: Duration = Duration::from_millis(1);

/// A thread that writes again and again, until it is asked how long its writes took.
#[derive(Debug)]
pub struct Writer {
    over: Arc<AtomicBool>,
    writing: JoinHandle<Result<Vec<Duration>>>,
}

impl Writer {
    /// Writes from now on, and waits for the lock as long as a patient application does.
    #[must_use]
    pub fn start(url: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let writing = std::thread::spawn({
            let (over, url) = (Arc::clone(&over), url.to_owned());
            move || write(&url, &over)
        });
        Self { over, writing }
    }

    /// Ends it, and says how long each write took.
    ///
    /// # Errors
    ///
    /// When one failed.
    pub fn end(self) -> Result<Times> {
        self.over.store(true, Ordering::SeqCst);
        let writes = self.writing.join();
        Ok(Times::of(
            writes.map_err(|_| anyhow!("the writer panicked"))??,
        ))
    }
}

fn write(url: &str, over: &AtomicBool) -> Result<Vec<Duration>> {
    let mut connection = SqliteConnection::establish(url)?;
    connection.batch_execute("PRAGMA busy_timeout = 30000; PRAGMA synchronous = NORMAL")?;
    let mut took = Vec::new();
    loop {
        let start = Instant::now();
        connection.batch_execute("REPLACE INTO benched (id, note) VALUES (1, 'written')")?;
        took.push(start.elapsed());
        if over.load(Ordering::SeqCst) {
            return Ok(took);
        }
        std::thread::sleep(PAUSE);
    }
}
