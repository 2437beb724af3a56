//! What was logged.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// A writer that keeps the log; its clones write to the same one.
///
/// # Examples
///
/// ```
/// use std::io::Write as _;
///
/// let log = smoke_testing::Log::default();
/// log.clone().write_all(b"open\nclosed\n").unwrap();
/// assert_eq!(log.lines(), ["open", "closed"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What was written until now.
    #[must_use]
    pub fn text(&self) -> String {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&written).into_owned()
    }

    /// The same, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
