//! Signals to this process: a wish to stop, or the end of a child.

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Somebody wants this process to end.
#[derive(Debug, thiserror::Error)]
#[error("stopped by {0}")]
pub(crate) struct Interrupted(pub(crate) Signal);

/// The signals that came and were not looked at yet.
#[derive(Debug)]
pub(crate) struct Signals(Receiver<i32>);

impl Signals {
    /// From now on no signal that asks for an end ends this process by itself.
    pub(crate) fn listen() -> Result<Self> {
        let wanted = [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        let mut incoming =
            signal_hook::iterator::Signals::new(wanted).context("failed to listen for signals")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for signal in incoming.forever() {
                if sender.send(signal).is_err() {
                    break;
                }
            }
        });
        Ok(Self(receiver))
    }

    /// Waits until a child ended, or the time is over.
    pub(crate) fn wait(&self, limit: Duration) -> Result<(), Interrupted> {
        match self.0.recv_timeout(limit) {
            Ok(SIGCHLD) | Err(_) => Ok(()),
            Ok(signal) => Err(Interrupted(
                Signal::try_from(signal).unwrap_or(Signal::SIGTERM),
            )),
        }
    }

    /// Waits until the time is over, whichever children end meanwhile.
    pub(crate) fn pause(&self, time: Duration) -> Result<(), Interrupted> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.wait(end.saturating_duration_since(Instant::now()))?;
        }
        Ok(())
    }
}
