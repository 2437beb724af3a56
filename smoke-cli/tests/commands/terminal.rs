//! The programs on a pseudo-terminal, and what a person sees there.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use smoke_conformance::eventually_blocking;
use smoke_testing::PATIENCE;

use crate::programs::PROGRAM;

const ROWS: u16 = 40;

/// A program that runs on a terminal.
pub(crate) struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    seen: Arc<Mutex<Seen>>,
    reading: JoinHandle<()>,
}

struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

/// How it ended.
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    /// All that was written, as it was.
    pub(crate) raw: String,
    /// What stands on the terminal.
    pub(crate) screen: String,
    /// What went to standard output instead, where that was a pipe.
    pub(crate) piped: String,
}

pub(crate) struct Options<'o> {
    pub(crate) columns: u16,
    pub(crate) environment: &'o [(&'o str, &'o str)],
    /// Whether standard output is a pipe.
    pub(crate) piped: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            columns: 100,
            environment: &[],
            piped: false,
        }
    }
}

impl Terminal {
    pub(crate) fn start(program: &str, arguments: &[&str], options: &Options<'_>) -> Self {
        let own = std::env::current_exe().unwrap();
        let environment = [&[(PROGRAM, program)], options.environment].concat();
        let options = Options {
            environment: &environment,
            ..*options
        };
        Self::start_file(&own, arguments, &options)
    }

    /// The same of a program in that file.
    pub(crate) fn start_file(file: &Path, arguments: &[&str], options: &Options<'_>) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(ROWS, options.columns)).unwrap();
        let mut command = Command::new(file)
            .env("TERM", "xterm-256color")
            .args(arguments);
        for variable in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "CLICOLOR",
            "SMOKE_OFF",
            "SMOKE_BUILD",
        ] {
            command = command.env_remove(variable);
        }
        command = command.envs(options.environment.iter().copied());
        if options.piped {
            command = command.stdout(Stdio::piped());
        }
        let child = command.spawn(pts).unwrap();
        let (pty, seen) = (
            Arc::new(pty),
            Arc::new(Mutex::new(Seen::new(options.columns))),
        );
        let (from, to) = (Arc::clone(&pty), Arc::clone(&seen));
        let reading = thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Ends with an error when the program has gone.
            while let Ok(read @ 1..) = (&*from).read(&mut buffer) {
                let mut seen = to.lock().unwrap();
                seen.bytes.extend(&buffer[..read]);
                seen.screen.process(&buffer[..read]);
            }
        });
        Self {
            child,
            pty,
            seen,
            reading,
        }
    }

    /// Waits until the screen shows it.
    pub(crate) fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        let look = || self.seen.lock().unwrap().rows();
        eventually_blocking(PATIENCE, look, |screen| wanted(screen)).unwrap()
    }

    pub(crate) fn press(&self, keys: &[u8]) {
        (&*self.pty).write_all(keys).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) fn end(mut self) -> Left {
        let ended =
            eventually_blocking(PATIENCE, || self.child.try_wait().unwrap(), Option::is_some);
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let status = ended.unwrap().unwrap();
        let mut piped = String::new();
        if let Some(mut out) = self.child.stdout.take() {
            out.read_to_string(&mut piped).unwrap();
        }
        self.reading.join().unwrap();
        let seen = self.seen.lock().unwrap();
        Left {
            code: status.code(),
            raw: String::from_utf8_lossy(&seen.bytes).into_owned(),
            screen: seen.rows(),
            piped,
        }
    }
}

impl Seen {
    fn new(columns: u16) -> Self {
        let [rows, columns] = [ROWS, columns].map(|size| size.try_into().unwrap());
        Self {
            bytes: Vec::new(),
            screen: vt100::Parser::new(rows, columns, 0),
        }
    }

    /// The rows of the screen, a line each: what is as wide as the screen ends in no newline.
    fn rows(&self) -> String {
        let screen = self.screen.screen();
        let rows = screen.rows(0, screen.size().1.get());
        let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}
