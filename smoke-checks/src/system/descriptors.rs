//! File descriptors are left.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use smoke_core::{Error, Result, Test, fail};

use super::least::{Free, Least, pieces};
use crate::check;

/// File descriptors that this process has left until its limit (`ulimit -n`): each connection takes one,
/// and so does each open file.
///
/// 10 % have to be left unless set.
///
/// It is about this *instance*, and *advisory*: taking out of traffic whoever has many connections gives
/// them to the next.
///
/// # Fails when
///
/// Fewer are left.
///
/// # Errors
///
/// It errs where the system does not say how many are open: Linux does in `/proc`, others in `/dev/fd`.
///
/// # Examples
///
/// ```
/// use smoke_checks::Descriptors;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(Descriptors::free_at_least(200));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Descriptors {
    least: Least,
}

impl Descriptors {
    /// The check that so many are left.
    pub fn free_at_least(descriptors: u64) -> Self {
        Self {
            least: Least::Number(descriptors),
        }
    }

    /// The check that so many of the limit are left, in percent.
    pub fn free_percent_at_least(percent: u8) -> Self {
        Self {
            least: Least::Percent(percent),
        }
    }

    fn look(self) -> Result {
        let Some(limit) = getrlimit(Resource::Nofile).current else {
            return Ok(());
        };
        let open = match open() {
            Ok(open) => open,
            // It took one to look.
            Err(error) if error.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => limit,
            Err(error) => {
                return Err(Error::from(error).context("the open descriptors cannot be counted"));
            }
        };
        let free = Free {
            free: limit.saturating_sub(open),
            of: limit,
        };
        if !self.least.is_met(free) {
            fail!(
                "this process has {} descriptors left, and should have {}: does it close its files and connections? \
                 Raise its limit (ulimit -n, LimitNOFILE)",
                free.shown(pieces),
                self.least.shown(pieces)
            );
        }
        Ok(())
    }
}

impl Default for Descriptors {
    fn default() -> Self {
        Self::free_percent_at_least(10)
    }
}

/// How many are open, without the one that it takes to look.
fn open() -> io::Result<u64> {
    let own = Path::new("/proc/self/fd");
    let own = if own.exists() {
        own
    } else {
        Path::new("/dev/fd")
    };
    let listed = fs::read_dir(own)?.count() as u64;
    Ok(listed.saturating_sub(1))
}

impl From<Descriptors> for Test {
    fn from(check: Descriptors) -> Self {
        let description = "this process has file descriptors left";
        let look = move || {
            let ended = check.look();
            async { ended }
        };
        check::test("descriptors", description, Duration::ZERO, look)
            .instance()
            .advisory()
    }
}
