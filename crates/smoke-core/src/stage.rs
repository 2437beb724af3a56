//! The runtime on which tests live.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle;

/// A runtime of tests, told from others by a number: `Handle::id` is younger than the tokio of many
/// applications.
#[derive(Clone, Debug)]
pub struct Stage {
    handle: Handle,
    number: u64,
}

impl Stage {
    /// The first of its clones: no runtime is made a stage twice.
    pub(crate) fn new(handle: Handle) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { handle, number }
    }
}

impl Deref for Stage {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl PartialEq for Stage {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Stage {}
