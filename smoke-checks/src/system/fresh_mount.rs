//! A mount is there, and its server answers.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::statvfs;
use smoke_core::{Failure, Result, Test, fail};

use crate::check;
use crate::own_thread::OwnThread;

/// A mount that is there and answers, such as one of NFS.
///
/// A mount whose server is gone hangs: whoever touches it waits for ever, and cannot be ended. So this
/// touches it on a thread of its own, and fails where that does not return in time. While the thread
/// hangs no other one is started: the next runs fail at once, and say how long it has been hanging. All
/// is well by itself as soon as the mount goes on.
///
/// It asks the file system for its size, which NFS never answers from what it remembers, and reads the
/// beginning of a file, or of the folder where no file is named.
///
/// It is *shared*: a file server that is gone is gone for all replicas, and taking all of them out of
/// traffic would make an outage of it. Say `Test::from(..).instance()` where each host has its own.
///
/// # Fails when
///
/// Nothing is mounted there, the mount hangs for longer than [`within`](Self::within) or is stale, or
/// the file cannot be read. A folder counts as a mount where it is on another device than its parent. A
/// bind mount from the same disk is not: name the file alone with [`file_alone`](Self::file_alone).
///
/// # Errors
///
/// It errs where no thread can be started to look on.
///
/// # Examples
///
/// ```
/// use smoke_checks::FreshMount;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(FreshMount::at("/mnt/uploads").file("mounted.txt"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct FreshMount {
    at: Option<PathBuf>,
    read: PathBuf,
    within: Duration,
}

/// Of a file, in bytes: more than any server sends ahead.
const MOST: u64 = 64 << 10;

impl FreshMount {
    /// The check of the folder at which something is mounted.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            at: Some(folder.clone()),
            read: folder,
            within: Duration::from_secs(2),
        }
    }

    /// The check of a file, wherever it is: whether it is on a mount is not looked at.
    pub fn file_alone(file: impl Into<PathBuf>) -> Self {
        Self {
            at: None,
            read: file.into(),
            within: Duration::from_secs(2),
        }
    }

    /// Names a file to read, from the folder on.
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        self.read = match &self.at {
            Some(folder) => folder.join(file),
            None => file.as_ref().to_owned(),
        };
        self
    }

    /// Sets how long the mount may take to answer. 2 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }
}

impl From<FreshMount> for Test {
    fn from(check: FreshMount) -> Self {
        let FreshMount { at, read, within } = check;
        let what = at.as_ref().unwrap_or(&read).display().to_string();
        let description = format!("{what} is mounted, and answers");
        let thread = OwnThread::new();
        check::test("fresh_mount", description, within, move || {
            let (thread, what) = (thread.clone(), what.clone());
            let (at, read) = (at.clone(), read.clone());
            let look = move || {
                if let Some(at) = &at {
                    mounted(at)?;
                }
                Ok(touch(&read).map_err(|error| stale(&read, &error))?)
            };
            async move { thread.run(&what, within, look).await }
        })
    }
}

fn mounted(at: &Path) -> Result {
    let devices = fs::metadata(at).and_then(|here| {
        let parent = fs::metadata(at.join(".."))?;
        Ok((here.dev(), parent.dev()))
    });
    let (here, parent) = devices.map_err(|error| stale(at, &error))?;
    // Only the root of all is its own parent.
    if here == parent && at != Path::new("/") {
        fail!(
            "nothing is mounted at {}: it is a folder of the disk below. Mount what should be there",
            at.display()
        );
    }
    Ok(())
}

fn touch(path: &Path) -> io::Result<()> {
    statvfs(path)?;
    if fs::metadata(path)?.is_dir() {
        return fs::read_dir(path)?.next().transpose().map(drop);
    }
    // What is known of a file on NFS is asked for anew where it is opened.
    File::open(path)?
        .take(MOST)
        .read_to_end(&mut Vec::new())
        .map(drop)
}

fn stale(path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        ErrorKind::StaleNetworkFileHandle => "the mount is stale: unmount it and mount it anew",
        ErrorKind::NotFound => "it is not there: is something else mounted, or nothing?",
        ErrorKind::TimedOut => "its server does not answer",
        _ => "does its server answer, and let this host in?",
    };
    Failure::new(format!(
        "{} cannot be read: {remedy} ({error})",
        path.display()
    ))
}
