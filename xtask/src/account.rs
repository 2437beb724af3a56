//! Who the servers run as: a database refuses to be root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use nix::unistd::{User, geteuid};

/// An account to change to, where this process is root; this process's own where it is not.
#[derive(Debug)]
pub(crate) struct Account(Option<User>);

impl Account {
    /// The account of the given name that came with the server's package, or `nobody`.
    pub(crate) fn for_server(name: &str) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        for name in [name, "nobody"] {
            if let Some(user) = User::from_name(name).context("failed to look up an account")? {
                return Ok(Self(Some(user)));
            }
        }
        anyhow::bail!("a server does not run as root, and there is no account `{name}` or `nobody`")
    }

    /// Makes the command run as this account.
    pub(crate) fn runs<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match &self.0 {
            Some(user) => command.uid(user.uid.as_raw()).gid(user.gid.as_raw()),
            None => command,
        }
    }

    /// Makes the path this account's own.
    pub(crate) fn owns(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.0 else { return Ok(()) };
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .with_context(|| format!("failed to give {} to {}", path.display(), user.name))
    }
}
