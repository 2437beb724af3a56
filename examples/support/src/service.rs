//! A service as its users meet it: a process that answers HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::Answer;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that serves until this is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    address: SocketAddr,
}

/// A command with nothing of what is set around the tests.
fn command(binary: &str, port: &str) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().env("PORT", port);
    command
}

/// What a service says that does not start with that `PORT`.
///
/// # Panics
///
/// When it does start.
#[must_use]
pub fn refusal(binary: &str, port: &str) -> String {
    let output = command(binary, port).output().expect(binary);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

impl Service {
    /// Starts a service on a free port and waits until it says where it listens.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn start(binary: &str) -> Self {
        Self::start_with(binary, &[])
    }

    /// The same, with more than `PORT` in the environment.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn start_with(binary: &str, environment: &[(&str, &str)]) -> Self {
        let mut child = command(binary, "0")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect(binary);
        let said = lines(child.stdout.take().expect("a pipe"));
        let first = said.recv_timeout(PATIENCE).expect("a first line");
        let address = first.split("http://").nth(1).expect(&first);
        let address: String = address
            .chars()
            .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
            .collect();
        let address = address.trim_end_matches(':').parse().expect(&first);
        Self { child, address }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer to a GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// The answer to a request.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut raw = String::new();
        let mut asking = || {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut raw)
        };
        asking().expect(path);
        Answer::parse(&raw)
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    ///
    /// When it cannot be sent.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.is_ok_and(|status| status.success()));
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When it cannot be waited for.
    #[must_use]
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("a process")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The lines that nobody waits for are read all the same: a full pipe would block.
            let _ = sender.send(line);
        }
    });
    receiver
}
