//! The program that runs smoke tests, and its end.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::scale::of;
use crate::stack::Stack;

/// How long it may say nothing, on a machine that is busy: for a run, or for very many tests.
fn patience() -> Duration {
    of(Duration::from_secs(120), Duration::from_secs(3600))
}

/// A process that runs smoke tests, until this is dropped.
#[derive(Debug)]
pub struct Victim {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Victim {
    /// Starts the program. It sells at that till of the shop, and ends after that many tests.
    #[must_use]
    pub fn start<S: Stack>(program: &str, url: &str, till: usize, tests: Option<usize>) -> Self {
        let mut command = Command::new(program);
        command.args([S::NAME, url, &till.to_string()]);
        command.args(tests.map(|tests| tests.to_string()));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, says }
    }

    /// The same, and a run of it has passed.
    pub async fn going<S: Stack>(program: &str, url: &str, till: usize) -> Self {
        let mut victim = Self::start::<S>(program, url, till, None);
        let said = victim.line().await;
        assert_eq!(said.as_deref(), Some("going"));
        victim
    }

    /// What it says next.
    pub async fn line(&mut self) -> Option<String> {
        let line = tokio::time::timeout(patience(), self.says.next_line()).await;
        line.expect("it says something in time").unwrap()
    }

    /// Stops it where it stands. It closes nothing.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Ends it where it stands.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end.
    pub async fn end(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(patience(), self.child.wait()).await;
        ended.expect("it ends in time").unwrap()
    }

    fn signal(&self, signal: Signal) {
        let id = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }
}
