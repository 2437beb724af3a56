//! Memory is left.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use smoke_core::{Error, Result, Test, fail};

use super::control_groups;
use super::least::{Free, Least, bytes};
use crate::check;

/// Memory that is left to this process: until the limit of its address space (`ulimit -v`), until that of
/// its container (cgroup v2 or v1, each group up to the root), and on its host. Linux only.
///
/// 10 % of each has to be left unless set. What the system keeps of files, and gives back when memory is
/// short, counts as free.
///
/// It is about this *instance*, and *advisory*: taking out of traffic whoever has much to do gives it to
/// the next.
///
/// # Fails when
///
/// Less is left.
///
/// # Errors
///
/// It errs where `/proc` cannot be read, and where the process is in a control group which is not to be seen
/// below `/sys/fs/cgroup`: it may have a limit then.
///
/// # Examples
///
/// ```
/// use smoke_checks::Memory;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(Memory::free_at_least(64 << 20));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Memory {
    least: Least,
}

impl Memory {
    /// The check that so many bytes are left.
    pub fn free_at_least(bytes: u64) -> Self {
        Self {
            least: Least::Number(bytes),
        }
    }

    /// The check that so much is left, in percent.
    pub fn free_percent_at_least(percent: u8) -> Self {
        Self {
            least: Least::Percent(percent),
        }
    }

    fn look(self) -> Result {
        let limits = limits().map_err(|error| {
            Error::from(error).context(
                "what memory is left cannot be read: Linux says it in /proc and /sys/fs/cgroup",
            )
        })?;
        for (whose, free) in limits {
            if !self.least.is_met(free) {
                fail!(
                    "{whose} has {} of memory left, and should have {}: does this process keep what it no longer \
                     needs? Give it more, or fewer things to do at once",
                    free.shown(bytes),
                    self.least.shown(bytes)
                );
            }
        }
        Ok(())
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::free_percent_at_least(10)
    }
}

/// What is left of each limit there is, and whose limit it is.
fn limits() -> io::Result<Vec<(String, Free)>> {
    let mut limits = Vec::new();
    if let Some(limit) = getrlimit(Resource::As).current {
        let used = of_line(&fs::read_to_string("/proc/self/status")?, "VmSize:")?;
        let free = Free::left(limit, used);
        limits.push((
            "the address space of this process (ulimit -v)".to_owned(),
            free,
        ));
    }
    limits.extend(control_groups::limits()?);
    let host = fs::read_to_string("/proc/meminfo")?;
    let free = Free {
        free: of_line(&host, "MemAvailable:")?,
        of: of_line(&host, "MemTotal:")?,
    };
    limits.push(("the host".to_owned(), free));
    Ok(limits)
}

/// Bytes of a line such as `MemTotal:  24684084 kB`.
fn of_line(text: &str, name: &str) -> io::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    number
        .map(|kibibytes| kibibytes.saturating_mul(1024))
        .ok_or_else(|| io::Error::other(format!("there is no {name}")))
}

impl From<Memory> for Test {
    fn from(check: Memory) -> Self {
        let description = "memory is left to this process";
        let look = move || {
            let ended = check.look();
            async { ended }
        };
        check::test("memory", description, Duration::ZERO, look)
            .instance()
            .advisory()
    }
}
