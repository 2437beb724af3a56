//! Processes that go on beside a test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::PATIENCE;
use crate::process::all_of;

/// A process that goes on while the test looks at what it says, or changes what it finds. It is
/// killed where the test is over first.
#[derive(Debug)]
pub struct Running {
    child: Child,
    out: Receiver<Vec<u8>>,
    told: Receiver<String>,
    heard: Vec<String>,
}

impl Running {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = command.spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let out = all_of(child.stdout.take().expect("a pipe"));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may be over.
                let _ = tell.send(line);
            }
        });
        Self {
            child,
            out,
            told,
            heard: Vec::new(),
        }
    }

    /// Waits until it has written a line to standard error that has this text.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn until(&mut self, wanted: &str) {
        while !self.heard.iter().any(|line| line.contains(wanted)) {
            match self.told.recv_timeout(PATIENCE) {
                Ok(line) => self.heard.push(line),
                Err(_) => panic!("no {wanted:?} in {:#?}", self.heard),
            }
        }
    }

    /// The process's number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal: `INT`.
    ///
    /// # Panics
    ///
    /// When there is no such signal, or no `kill`.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "{kill:?}");
    }

    /// Whether it has ended.
    ///
    /// # Panics
    ///
    /// When nobody knows.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_some()
    }

    /// Waits for its end: its exit code, and what it has written to standard output.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[must_use]
    pub fn end(mut self) -> (Option<i32>, String) {
        // A process that has ended has closed its pipe.
        let Ok(out) = self.out.recv_timeout(PATIENCE) else {
            panic!("it has not ended; {:#?}", self.heard);
        };
        let status = self.child.wait().expect("a process");
        (status.code(), String::from_utf8_lossy(&out).into_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_watched_told_and_waited_for() {
        let script = "trap 'echo told; exit 3' TERM; echo ready >&2; while :; do sleep 0.01; done";
        let mut running = Running::start(Command::new("sh").args(["-c", script]));
        running.until("ready");
        assert!(!running.has_ended());
        running.signal("TERM");
        assert_eq!(running.end(), (Some(3), "told\n".to_owned()));
    }
}
