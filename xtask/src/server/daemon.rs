//! The process of a server, and its end.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;

use super::home::Home;
use crate::process::{self, GRACE};
use crate::signals::Signals;
use crate::terminal::say;

/// How long a server may take until it takes connections.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server process, until this is dropped.
#[derive(Debug)]
pub(super) struct Daemon<'s> {
    child: Child,
    /// The signal that ends it at once, whoever is connected.
    stop: Signal,
    home: Home,
    signals: &'s Signals,
}

impl<'s> Daemon<'s> {
    /// Starts the program out of the terminal's reach.
    pub(super) fn spawn(
        program: &Path,
        arguments: &[String],
        stop: Signal,
        home: Home,
        signals: &'s Signals,
    ) -> Result<Self> {
        let log = File::create(home.path().join("log")).context("failed to make a log file")?;
        let mut command = tied_to_us(program, stop);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        let child = process::spawn(home.hosts(&mut command))?;
        Ok(Self {
            child,
            stop,
            home,
            signals,
        })
    }

    /// Asks again and again whether the server takes connections, until it does.
    pub(super) fn wait_until(&mut self, mut ready: impl FnMut() -> bool) -> Result<()> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended by itself: {status}\n{}", self.log());
            }
            if start.elapsed() > PATIENCE {
                bail!("it takes no connections\n{}", self.log());
            }
            self.signals.pause(Duration::from_millis(50))?;
        }
        Ok(())
    }

    fn log(&self) -> String {
        let log = fs::read(self.home.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn stop(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            say!("a server ended before its time: {status}\n{}", self.log());
            return Ok(());
        }
        process::signal_group(&self.child, self.stop)?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            let left = GRACE.saturating_sub(start.elapsed());
            if left.is_zero() {
                process::signal_group(&self.child, Signal::SIGKILL)?;
                self.child.wait()?;
                break;
            }
            // Whoever wants an end has it soon.
            let _ = self.signals.wait(left);
        }
        Ok(())
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            say!("failed to stop a server: {error:#}");
        }
    }
}

/// A command that is sent a signal when this process ends without stopping it, where util-linux can arrange that.
fn tied_to_us(program: &Path, signal: Signal) -> Command {
    match which::which("setpriv") {
        Ok(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", signal.as_str()]).arg(program);
            command
        }
        Err(_) => Command::new(program),
    }
}
