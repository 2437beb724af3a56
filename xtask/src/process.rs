//! Runs a command to its end, and sees to it that what it started does not outlive it.

use std::io::{IsTerminal as _, Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::signals::{Interrupted, Signals};

/// How long a process that was asked to end may take before it is killed.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Runs a command that asks nothing, in a process group of its own.
pub(crate) fn run(command: &mut Command, signals: &Signals) -> Result<ExitStatus> {
    let child = spawn(command.stdin(Stdio::null()).process_group(0))?;
    to_its_end(child, Whom::Group, signals)
}

/// Runs a command that may have the terminal: Ctrl-C is then its own affair, as in a shell.
pub(crate) fn run_in_front(command: &mut Command, signals: &Signals) -> Result<ExitStatus> {
    if std::io::stdin().is_terminal() {
        to_its_end(spawn(command)?, Whom::Child, signals)
    } else {
        to_its_end(spawn(command.process_group(0))?, Whom::Group, signals)
    }
}

/// Runs a command out of sight. What it said is shown when it fails.
pub(crate) fn run_quietly(command: &mut Command, signals: &Signals) -> Result<()> {
    let mut output =
        tempfile::tempfile().context("failed to make a file for a command's output")?;
    command
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    let status = run(command, signals)?;
    let mut said = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut said)?;
    succeeded(command, status).with_context(|| String::from_utf8_lossy(&said).into_owned())
}

/// Runs a command that would leave the system half changed if it were interrupted.
pub(crate) fn run_undisturbed(command: &mut Command) -> Result<()> {
    let mut child = spawn(command.stdin(Stdio::null()).process_group(0))?;
    let status = child.wait().context("failed to wait for a command")?;
    succeeded(command, status)
}

/// What a command that takes no time says on its standard output.
///
/// # Errors
///
/// What it says on its standard error, unless it succeeds.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let told = command
        .output()
        .with_context(|| format!("failed to start `{}`", shown(command)))?;
    let said = || String::from_utf8_lossy(&told.stderr).into_owned();
    succeeded(command, told.status).with_context(said)?;
    Ok(told.stdout)
}

/// # Errors
///
/// The command and its status, unless that is success.
pub(crate) fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// The command about as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Sends a signal to the process group that a child leads. It is no error when none of it is left.
pub(crate) fn signal_group(child: &Child, signal: Signal) -> Result<()> {
    match signal::killpg(id(child)?, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).context("failed to signal a process group"),
    }
}

pub(crate) fn spawn(command: &mut Command) -> Result<Child> {
    let child = command.spawn();
    child.with_context(|| format!("failed to start `{}`", shown(command)))
}

/// Who hears of a signal to this process.
#[derive(Clone, Copy, PartialEq)]
enum Whom {
    /// The process group that the child leads, and of which the terminal knows nothing.
    Group,
    /// The child alone: what was typed on the terminal has reached it already.
    Child,
}

fn to_its_end(mut child: Child, whom: Whom, signals: &Signals) -> Result<ExitStatus> {
    const LONG: Duration = Duration::from_secs(3600);
    let send = |child: &Child, signal| match whom {
        Whom::Group => signal_group(child, signal),
        Whom::Child => Ok(signal::kill(id(child)?, signal)?),
    };
    let mut stopped: Option<(Signal, Instant)> = None;
    let status = loop {
        if let Some(status) = child.try_wait().context("failed to wait for a command")? {
            break status;
        }
        let left = stopped.map_or(LONG, |(_, since)| GRACE.saturating_sub(since.elapsed()));
        if left.is_zero() {
            send(&child, Signal::SIGKILL)?;
        }
        match signals.wait(left.max(Duration::from_millis(100))) {
            Err(Interrupted(Signal::SIGINT | Signal::SIGQUIT)) if whom == Whom::Child => {}
            Err(Interrupted(signal)) => {
                send(&child, signal)?;
                stopped.get_or_insert((signal, Instant::now()));
            }
            Ok(()) => {}
        }
    };
    if whom == Whom::Group {
        // Cargo ends at once when it is asked to, and leaves the test that it runs behind.
        signal_group(&child, Signal::SIGKILL)?;
    }
    stopped.map_or(Ok(status), |(signal, _)| Err(Interrupted(signal).into()))
}

fn id(child: &Child) -> Result<Pid> {
    let id = i32::try_from(child.id()).context("a process id out of range")?;
    Ok(Pid::from_raw(id))
}
