//! What a process uses, as Linux tells it.

use std::fmt;
use std::fs;
use std::str::FromStr;

use anyhow::{Context as _, Result};

/// What a process uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Threads.
    pub threads: u64,
    /// File descriptors, sockets among them.
    pub descriptors: u64,
    /// Memory that is resident, in KiB.
    pub memory: u64,
}

impl Figures {
    /// Those of this process.
    pub fn now() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let number = |name: &str| {
            let mut lines = status.lines();
            let line = lines.find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
            number.with_context(|| format!("/proc/self/status has no {name}"))
        };
        Ok(Self {
            threads: number("Threads:")?,
            descriptors: fs::read_dir("/proc/self/fd")?.count() as u64,
            memory: number("VmRSS:")?,
        })
    }
}

/// As [`FromStr`] reads them.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            threads,
            descriptors,
            memory,
        } = self;
        write!(
            f,
            "{threads} threads, {descriptors} descriptors, {memory} KiB"
        )
    }
}

impl FromStr for Figures {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers: Vec<_> = text
            .split_ascii_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [threads, descriptors, memory] = numbers[..] else {
            anyhow::bail!("these are no figures: {text}");
        };
        Ok(Self {
            threads,
            descriptors,
            memory,
        })
    }
}
