//! The process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::answer::Answer;
use crate::database::Database;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    log: Receiver<String>,
}

fn command(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_actix-diesel"));
    // Nothing of what is set around the tests.
    command.env_clear();
    command.env("PORT", "0").env("DATABASE_URL", database.url());
    command
}

/// What the service says on its way out.
pub(crate) fn refuses_to_start(database: &Database, (name, value): (&str, &str)) -> String {
    let output = command(database).env(name, value).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{name}={value}");
    assert!(output.stdout.is_empty(), "{name}={value}");
    String::from_utf8(output.stderr).unwrap()
}

impl Service {
    /// Starts the service on a free port and waits until it says that it listens.
    pub(crate) fn start(database: &Database, environment: &[(&str, &str)]) -> Self {
        let mut child = command(database)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines(child.stderr.take().unwrap());
        let said = lines(child.stdout.take().unwrap());
        let first = said
            .recv_timeout(PATIENCE)
            .expect("it says where it listens");
        let address = first.split("http://").nth(1).unwrap();
        let address = address.split(' ').next().unwrap().parse().unwrap();
        Self {
            child,
            address,
            log,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        ask(self.address, method, path, headers, "")
    }

    pub(crate) fn post_json(&self, path: &str, body: &str) -> Answer {
        let headers = "Content-Type: application/json\r\n";
        ask(self.address, "POST", path, headers, body)
    }

    /// Asks without waiting for the answer.
    pub(crate) fn asking(&self, method: &'static str, path: &'static str) -> JoinHandle<Answer> {
        let address = self.address;
        thread::spawn(move || ask(address, method, path, "", ""))
    }

    pub(crate) fn wait_for_log(&self, text: &str) {
        while !self.log.recv_timeout(PATIENCE).expect(text).contains(text) {}
    }

    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut raw = String::new();
    stream.read_to_string(&mut raw).unwrap();
    Answer::parse(&raw)
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
