//! A disk has room.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::statvfs;
use smoke_core::{Failure, Result, Test, fail};

use super::least::{Free, Least, bytes, pieces};
use crate::check;
use crate::own_thread::OwnThread;

/// Space and inodes that are free on the file system of a path. What is kept for root does not count as
/// free, even where this process is root's: it keeps a full disk usable, and root in a container may mostly
/// not use it.
///
/// 5 % of each has to be free unless set. A file system that counts no inodes, such as btrfs, has enough.
///
/// It is about this *instance*, because the disk is mostly the host's own, and *advisory*: it tells of
/// what is coming, and the disks of all replicas fill at about the same time.
/// [`WritableFolder`](crate::WritableFolder) shows that it has come.
///
/// # Fails when
///
/// Less is free, the path is not there, or its file system hangs for longer than 2 seconds.
///
/// # Errors
///
/// It errs where no thread can be started to look on.
///
/// # Examples
///
/// ```
/// use smoke_checks::DiskSpace;
/// use smoke_core::Registry;
///
/// let registry = Registry::new()
///     .test(DiskSpace::at("/var/lib/shop").free_at_least(2 << 30).inodes_percent_at_least(10));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DiskSpace {
    path: PathBuf,
    space: Least,
    inodes: Least,
}

const WITHIN: Duration = Duration::from_secs(2);

impl DiskSpace {
    /// The check of the file system on which a file or a folder is.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            space: Least::Percent(5),
            inodes: Least::Percent(5),
        }
    }

    /// Sets how many bytes have to be free, instead of a percentage.
    pub fn free_at_least(mut self, bytes: u64) -> Self {
        self.space = Least::Number(bytes);
        self
    }

    /// Sets how much of the space has to be free, in percent.
    pub fn free_percent_at_least(mut self, percent: u8) -> Self {
        self.space = Least::Percent(percent);
        self
    }

    /// Sets how many inodes, each of which is a file or a folder, have to be free, instead of a
    /// percentage.
    pub fn inodes_at_least(mut self, inodes: u64) -> Self {
        self.inodes = Least::Number(inodes);
        self
    }

    /// Sets how many of the inodes have to be free, in percent.
    pub fn inodes_percent_at_least(mut self, percent: u8) -> Self {
        self.inodes = Least::Percent(percent);
        self
    }

    fn look(&self) -> Result {
        let (space, inodes) = room(&self.path)?;
        let at = self.path.display();
        if !self.space.is_met(space) {
            fail!(
                "the disk of {at} has {} free, and should have {}: delete what is not needed, or enlarge it",
                space.shown(bytes),
                self.space.shown(bytes)
            );
        }
        if inodes.of > 0 && !self.inodes.is_met(inodes) {
            fail!(
                "the disk of {at} has {} inodes free, and should have {}: there are very many small files on it; \
                 delete those that are not needed",
                inodes.shown(pieces),
                self.inodes.shown(pieces)
            );
        }
        Ok(())
    }
}

/// What is free at a path.
fn room(path: &Path) -> Result<(Free, Free)> {
    let found = statvfs(path).map_err(|error| {
        Failure::new(format!(
            "the disk of {} cannot be asked: {error}",
            path.display()
        ))
    })?;
    let space = of(found.f_blocks, found.f_bfree, found.f_bavail);
    let space = Free {
        free: space.free.saturating_mul(found.f_frsize),
        of: space.of.saturating_mul(found.f_frsize),
    };
    Ok((space, of(found.f_files, found.f_ffree, found.f_favail)))
}

/// What anybody may use of all, of which some is kept for root.
fn of(all: u64, free: u64, free_for_all: u64) -> Free {
    let kept = free.saturating_sub(free_for_all);
    Free {
        free: free_for_all,
        of: all.saturating_sub(kept),
    }
}

impl From<DiskSpace> for Test {
    fn from(check: DiskSpace) -> Self {
        let what = check.path.display().to_string();
        let description = format!("the disk of {what} has room");
        let thread = OwnThread::new();
        check::test("disk_space", description, WITHIN, move || {
            let (thread, what, check) = (thread.clone(), what.clone(), check.clone());
            async move { thread.run(&what, WITHIN, move || check.look()).await }
        })
        .instance()
        .advisory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_for_root_is_free_for_nobody() {
        assert_eq!(of(100, 15, 10).shown(pieces), "10 of 95 (10 %)");
        assert_eq!(of(100, 5, 0).shown(pieces), "0 of 95 (0 %)");
    }
}
