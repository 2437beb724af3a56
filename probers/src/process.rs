//! Programs that are ended.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoke_testing::{PATIENCE, output};

/// Where Debian keeps what is in no user's path.
const FOLDERS: &[&str] = &["/usr/sbin", "/usr/lib/nagios/plugins"];

/// The path of a program that `cargo xtask test` installs.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let elsewhere = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    let found = which::which(name)
        .ok()
        .or_else(|| elsewhere.into_iter().find(|path| path.exists()));
    found.unwrap_or_else(|| {
        panic!("there is no {name}: `cargo xtask test` installs it where it may")
    })
}

/// Waits until a command has ended: its exit status, and its standard output.
pub fn answered(command: &mut Command) -> (Option<i32>, String) {
    let said = output(command, PATIENCE);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    (said.status.code(), text)
}

/// A process, until this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command, whose output goes to a file.
    pub fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = File::create(&log).unwrap();
        let started = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn();
        let child = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
    }

    /// How it ended, where it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// What it said so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
    }
}
