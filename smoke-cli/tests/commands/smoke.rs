//! The program `smoke` as a process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

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

pub(crate) fn gate_arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["gate", "--build", BUILD, "--pause", "0s"], arguments].concat()
}

/// A gate that goes on while the test changes what it finds.
pub(crate) struct Running {
    child: Child,
    progress: Receiver<String>,
    heard: Vec<String>,
}

impl Running {
    pub(crate) fn gate(arguments: &[&str]) -> Self {
        let mut command = command(&gate_arguments(arguments));
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
        Self {
            child,
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

    /// The code, and the report.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let ended =
            eventually_blocking(PATIENCE, || self.child.try_wait().unwrap(), Option::is_some);
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let status = ended.unwrap().unwrap();
        let mut out = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        (status.code(), out)
    }
}
