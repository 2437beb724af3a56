//! A service as its users meet it: a process that answers HTTP.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use smoke_testing::output;

use crate::Answer;

/// Longer than anything here takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that serves until this is dropped.
#[derive(Debug)]
pub struct Service {
    process: Process,
    address: SocketAddr,
}

/// A service that has not said yet where it listens.
#[derive(Debug)]
pub struct Starting(Process);

/// An answer that is on its way.
#[derive(Debug)]
pub struct Asked(Receiver<io::Result<Answer>>);

/// Is killed when it is dropped.
#[derive(Debug)]
struct Process {
    child: Child,
    printed: Receiver<String>,
    logged: Receiver<String>,
}

/// A command with nothing of what is set around the tests.
fn command(binary: &str, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().env("PORT", "0");
    command.envs(environment.iter().copied());
    command
}

/// What a service says that does not start with that environment.
///
/// # Panics
///
/// When it does start, or says something else than an error.
#[must_use]
pub fn refusal(binary: &str, environment: &[(&str, &str)]) -> String {
    let output = output(&mut command(binary, environment), PATIENCE);
    assert_eq!(output.status.code(), Some(1), "{environment:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{environment:?}: {output:?}");
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
        Self::spawn(binary, environment).started()
    }

    /// Starts a service, and does not wait for it.
    ///
    /// # Panics
    ///
    /// When there can be no such process.
    #[must_use]
    pub fn spawn(binary: &str, environment: &[(&str, &str)]) -> Starting {
        let mut child = command(binary, environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect(binary);
        let printed = lines(child.stdout.take().expect("a pipe"));
        let logged = lines(child.stderr.take().expect("a pipe"));
        Starting(Process {
            child,
            printed,
            logged,
        })
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

    /// The answer to a request with more headers: lines, each with its end.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        ask(self.address, method, path, headers, "").expect(path)
    }

    /// The answer to a POST.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn post_json(&self, path: &str, body: &str) -> Answer {
        self.post_json_with(path, "", body)
    }

    /// The answer to a POST with more headers: lines, each with its end.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn post_json_with(&self, path: &str, headers: &str, body: &str) -> Answer {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        ask(self.address, "POST", path, &headers, body).expect(path)
    }

    /// Asks without waiting for the answer.
    #[must_use]
    pub fn asking(&self, method: &'static str, path: &'static str, headers: &'static str) -> Asked {
        let address = self.address;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(ask(address, method, path, headers, "")));
        Asked(receiver)
    }

    /// Waits for a line of the log with that text.
    ///
    /// # Panics
    ///
    /// When it does not come.
    pub fn wait_for_log(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            match self.process.logged.recv_timeout(left(until)) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => seen.push(line),
                Err(error) => panic!("{text:?} was not logged ({error}), but: {seen:#?}"),
            }
        }
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    ///
    /// When it cannot be sent.
    pub fn terminate(&self) {
        let pid = self.process.child.id().to_string();
        let kill = output(Command::new("kill").args(["-TERM", &pid]), PATIENCE);
        assert!(kill.status.success(), "{kill:?}");
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[must_use]
    pub fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        // What it prints ends with it.
        loop {
            match self.process.printed.recv_timeout(left(until)) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let log: Vec<_> = self.process.logged.try_iter().collect();
                    panic!("the service did not end within {PATIENCE:?}: {log:#?}");
                }
            }
        }
        self.process.child.wait().expect("a process")
    }
}

impl Starting {
    /// Waits until the service says where it listens.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn started(self) -> Service {
        let Self(process) = self;
        let Ok(first) = process.printed.recv_timeout(PATIENCE) else {
            let log: Vec<_> = process.logged.try_iter().collect();
            panic!("the service did not say where it listens: {log:#?}");
        };
        let address = first.split("http://").nth(1).expect(&first);
        let address: String = address
            .chars()
            .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
            .collect();
        let address = address.trim_end_matches(':').parse().expect(&first);
        Service { process, address }
    }
}

impl Asked {
    /// Waits for the answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn answer(self) -> Answer {
        let answer = self.0.recv_timeout(PATIENCE).expect("an answer in time");
        answer.expect("an answer")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut raw = String::new();
    stream.read_to_string(&mut raw)?;
    Ok(Answer::parse(&raw))
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
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
