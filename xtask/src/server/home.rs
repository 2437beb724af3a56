//! The temporary folder in which a server keeps everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::Kind;
use crate::account::Account;
use crate::process;
use crate::signals::Signals;

/// A folder of the account that the server runs as, until this is dropped.
#[derive(Debug)]
pub(super) struct Home {
    folder: TempDir,
    account: Account,
}

impl Home {
    pub(super) fn new(kind: Kind, account: &str) -> Result<Self> {
        let account = Account::for_server(account)?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("smoke-{}-", kind.name()))
            .tempdir()
            .context("failed to make a temporary folder")?;
        account.owns(folder.path())?;
        Ok(Self { folder, account })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file. Nobody else can read it, as nobody else can look into the folder.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
        self.account.owns(&path)?;
        Ok(path)
    }

    /// Makes the command run in this folder, as its owner.
    pub(super) fn hosts<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        self.account.runs(command.current_dir(self.path()))
    }

    /// Runs a command that prepares the server.
    pub(super) fn prepare(&self, command: &mut Command, signals: &Signals) -> Result<()> {
        process::run_quietly(self.hosts(command), signals)
    }
}
