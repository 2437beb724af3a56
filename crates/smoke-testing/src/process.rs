//! Processes that end.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long a pipe stays open after its process was killed.
const KILLED: Duration = Duration::from_secs(5);

/// Runs a command to its end, as [`Command::output`] does, for no longer than the deadline.
///
/// # Panics
///
/// When it cannot be started, and when it has not ended by then: it is killed, and what it said
/// until then is named.
pub fn output(command: &mut Command, deadline: Duration) -> Output {
    let until = Instant::now() + deadline;
    let command = command.stdin(Stdio::null());
    let spawned = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pipes = [
        child.stdout.take().map(all_of),
        child.stderr.take().map(all_of),
    ];
    // A process that has ended has closed its pipes.
    let said = pipes.each_ref().map(|pipe| {
        let left = until.saturating_duration_since(Instant::now());
        pipe.as_ref()?.recv_timeout(left).ok()
    });
    if let [Some(stdout), Some(stderr)] = said {
        let status = child.wait();
        let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        return Output {
            status,
            stdout,
            stderr,
        };
    }
    // Where it has just ended by itself, the end is reported all the same: it was late.
    let _ = child.kill();
    let _ = child.wait();
    let mut until_then = Vec::new();
    for (pipe, said) in pipes.iter().zip(said) {
        let rest = || pipe.as_ref()?.recv_timeout(KILLED).ok();
        until_then.extend(said.or_else(rest).unwrap_or_default());
    }
    let until_then = String::from_utf8_lossy(&until_then);
    panic!("{command:?} had not ended after {deadline:?}; until then it said: {until_then}");
}

/// All that comes out of a pipe, once it is closed.
pub(crate) fn all_of(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is what can be known.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ends_is_told_with_what_it_said() {
        let script = "echo here; echo there >&2; exit 3";
        let told = output(Command::new("sh").args(["-c", script]), crate::PATIENCE);
        assert_eq!(told.status.code(), Some(3));
        assert_eq!(
            (&*told.stdout, &*told.stderr),
            (&b"here\n"[..], &b"there\n"[..])
        );
    }

    #[test]
    #[should_panic(expected = "had not ended after 20ms")]
    fn a_process_that_does_not_end_is_killed() {
        // Replaces the shell, so that nothing else keeps the pipes open.
        let endless = "exec sleep 1000";
        output(
            Command::new("sh").args(["-c", endless]),
            Duration::from_millis(20),
        );
    }
}
