//! Processes that end with this one, whatever ends it.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// Waits until it may begin: not before somebody is there who ends it.
const WAITS: &str = r#"read -r go && exec "$0" "$@""#;

/// Ends a group of processes once nobody holds the other end of its input, and removes their folder.
/// Processes that are just ending may still write into that. `kill` of dash knows no `--`.
const ENDS: &str = r#"
read -r never
kill -KILL "-$0"
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// A program in a group of its own, with a folder for whatever it and its children write.
///
/// A second process ends the whole group when this value is dropped, and when this process is no more:
/// the kernel closes its pipes then, however it ended.
pub(crate) struct Guarded {
    leader: Child,
    guard: Child,
    /// Held open for as long as the group is to live.
    life: ChildStdin,
    /// Removed by the guard, or else with this.
    folder: TempDir,
}

/// A group that is ending.
pub(crate) struct Ending {
    leader: Child,
    guard: Child,
    _folder: TempDir,
}

impl Guarded {
    /// Starts a program, and returns its output beside it.
    ///
    /// # Errors
    ///
    /// When no process can be started, or no folder made.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> io::Result<(Self, ChildStdout)> {
        let folder = tempfile::Builder::new()
            .prefix("smoke-browser-")
            .tempdir()?;
        let mut waiting = Command::new("sh");
        waiting.args(["-c", WAITS]).arg(program).args(arguments);
        for variable in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            waiting.env(variable, folder.path());
        }
        let mut leader = waiting
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let guard = Command::new("sh")
            .args(["-c", ENDS])
            .arg(leader.id().to_string())
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal of the terminal is not for it.
            .process_group(0)
            .spawn();
        let mut guard = match guard {
            Ok(guard) => guard,
            Err(error) => {
                let _ = leader.kill();
                let _ = leader.wait();
                return Err(error);
            }
        };
        let pipes = (
            leader.stdin.take(),
            leader.stdout.take(),
            guard.stdin.take(),
        );
        let (Some(mut go), Some(said), Some(life)) = pipes else {
            return Err(io::Error::other("a process has no pipes"));
        };
        let guarded = Self {
            leader,
            guard,
            life,
            folder,
        };
        if let Err(error) = go.write_all(b"go\n") {
            guarded.end().wait();
            return Err(error);
        }
        Ok((guarded, said))
    }

    /// Ends the group.
    pub(crate) fn end(self) -> Ending {
        drop(self.life);
        Ending {
            leader: self.leader,
            guard: self.guard,
            _folder: self.folder,
        }
    }
}

impl Ending {
    /// Waits until the group has ended and its folder is gone.
    pub(crate) fn wait(mut self) {
        // The group's name is not given to others before its leader was waited for.
        let _ = self.guard.wait();
        let _ = self.leader.wait();
    }
}
