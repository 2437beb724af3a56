//! The program `smoke` as a process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoke_conformance::eventually_blocking;
use smoke_testing::PATIENCE;

use crate::process::{Ended, ended};

pub(crate) const TOKEN: &str = "sec\"ret";
pub(crate) const BUILD: &str = "4f2a91c";

pub(crate) fn file() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_smoke"))
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(file());
    command.args(arguments).env("SMOKE_TOKEN", TOKEN);
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn smoke(arguments: &[&str]) -> Ended {
    ended(&mut command(arguments))
}

/// `smoke gate` of the build, which loses no time between two rounds.
pub(crate) fn gate(arguments: &[&str]) -> Ended {
    smoke(&gate_arguments(arguments))
}

/// A gate with little time, or with more where it has not come to what is wanted in that: the machine may
/// be busy.
pub(crate) fn gate_until(wanted: &str, gate: impl Fn(&str) -> Ended) -> Ended {
    let mut tries = ["2s", "10s"].into_iter().map(&gate);
    let came = tries.find(|ended| ended.out.contains(wanted));
    came.unwrap_or_else(|| gate("50s"))
}

pub(crate) fn gate_arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["gate", "--build", BUILD, "--pause", "0s"], arguments].concat()
}

/// A gate that goes on while the test changes what it finds.
pub(crate) struct Running {
    child: Child,
    report: JoinHandle<String>,
    progress: Receiver<String>,
    heard: Vec<String>,
}

impl Running {
    pub(crate) fn gate(arguments: &[&str]) -> Self {
        Self::start(&gate_arguments(arguments))
    }

    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (told, progress) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines() {
                // The test may have ended.
                let _ = told.send(line.unwrap());
            }
        });
        let mut stdout = child.stdout.take().unwrap();
        let report = thread::spawn(move || {
            let mut report = String::new();
            stdout.read_to_string(&mut report).unwrap();
            report
        });
        Self {
            child,
            report,
            progress,
            heard: Vec::new(),
        }
    }

    /// Waits for a line of its progress.
    pub(crate) fn until(&mut self, wanted: &str) {
        while !self.heard.iter().any(|line| line.contains(wanted)) {
            match self.progress.recv_timeout(PATIENCE) {
                Ok(line) => self.heard.push(line),
                Err(_) => panic!("no {wanted:?} in {:#?}", self.heard),
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.id().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The code, and the report.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let ended =
            eventually_blocking(PATIENCE, || self.child.try_wait().unwrap(), Option::is_some);
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let status = ended.unwrap().unwrap();
        (status.code(), self.report.join().unwrap())
    }
}
