//! A folder is writable.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use smoke_core::{Failure, Test};

use crate::check;
use crate::own_thread::OwnThread;

/// A folder in which this process can write: uploads, a cache, a spool.
///
/// Writes 4 KiB into a file, down to the disk. Nothing stays: on Linux the file has no name (`O_TMPFILE`), so that
/// it is gone with the process at the latest. On a file system that has no such files, its name is removed as soon
/// as it is open; where that is not allowed the check fails, and an empty file stays.
///
/// It is about this *instance*, because the disk is mostly the host's own. Say `Test::from(..).shared()`
/// for a folder that all replicas share.
///
/// # Fails when
///
/// The folder is not there or is no folder, this process may not write in it, the file system is
/// read-only or full, a quota is used up, the disk does not take the data, or it hangs for longer than
/// [`within`](Self::within).
///
/// # Errors
///
/// It errs where no thread can be started to look on.
///
/// # Examples
///
/// ```
/// use smoke_checks::WritableFolder;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(WritableFolder::at("/var/lib/shop/uploads"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct WritableFolder {
    folder: PathBuf,
    within: Duration,
}

impl WritableFolder {
    /// The check of a folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            within: Duration::from_secs(5),
        }
    }

    /// Sets how long writing may take. 5 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }
}

impl From<WritableFolder> for Test {
    fn from(check: WritableFolder) -> Self {
        let WritableFolder { folder, within } = check;
        let what = folder.display().to_string();
        let description = format!("this process can write in {what}");
        let thread = OwnThread::new();
        check::test("writable_folder", description, within, move || {
            let (thread, what, folder) = (thread.clone(), what.clone(), folder.clone());
            async move {
                let write = move || write(&folder).map_err(|error| unwritable(&folder, &error));
                thread.run(&what, within, move || Ok(write()?)).await
            }
        })
        .instance()
    }
}

fn write(folder: &Path) -> io::Result<()> {
    const SAID: [u8; 4096] = [0x5a; 4096];
    let mut file = nameless(folder)?;
    file.write_all(&SAID)?;
    // Some file systems find room for the data only now.
    file.sync_all()
}

/// A file that is gone when it is closed.
fn nameless(folder: &Path) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Mode, OFlags, open};

        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        if let Ok(file) = open(folder, flags, Mode::RUSR | Mode::WUSR) {
            return Ok(file.into());
        }
    }
    let (file, path) = tempfile::NamedTempFile::new_in(folder)?.into_parts();
    path.close().map_err(|error| {
        io::Error::other(format!("what it has made there cannot be removed: {error}"))
    })?;
    Ok(file)
}

fn unwritable(folder: &Path, error: &io::Error) -> Failure {
    let folder = folder.display();
    let remedy = match error.kind() {
        ErrorKind::NotFound => "it is not there: create it, or mount what it should be on",
        ErrorKind::NotADirectory => "it is no folder",
        ErrorKind::PermissionDenied => "this process may not: let its user write there",
        ErrorKind::ReadOnlyFilesystem => {
            "its file system is read-only: mount it for writing; a broken disk is mounted like this, too"
        }
        ErrorKind::StorageFull => {
            "its file system is full: delete what is not needed, or enlarge it"
        }
        ErrorKind::QuotaExceeded => "the quota of this process's user is used up",
        _ => return Failure::new(format!("{folder} cannot be written in: {error}")),
    };
    Failure::new(format!("{folder} cannot be written in: {remedy} ({error})"))
}
