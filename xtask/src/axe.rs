//! axe-core, with which the tests look for accessibility problems of the page.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::install;
use crate::process;
use crate::project;
use crate::signals::Signals;
use crate::terminal::say;

/// Where the tests find the script. One that is set already is theirs: for whoever has no registry.
const VARIABLE: &str = "SMOKE_TEST_AXE";

/// What npm reads: the version, and the checksum of what a registry may give.
const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";

/// The script, which is there.
pub(crate) struct Axe(OsString);

impl Axe {
    /// Fetches it by npm, unless that was done before.
    ///
    /// # Errors
    ///
    /// Where npm is missing and cannot be installed, and where it gets nothing from its registry or something
    /// else than what the lock file has the checksum of.
    pub(crate) fn ensure(signals: &Signals) -> Result<Self> {
        if let Some(own) = env::var_os(VARIABLE) {
            // The tests have another folder as theirs.
            let own = std::path::absolute(own)?;
            ensure!(own.is_file(), "{VARIABLE}: {} is no file", own.display());
            return Ok(Self(own.into()));
        }
        let wanted = project::root().join("probers/axe");
        let script = fetched(&wanted, &project::target().join("axe"), |folder| {
            let without = || {
                format!(
                    "npm needs its registry once; without it, set {VARIABLE} to the path of an axe.min.js"
                )
            };
            install::programs("npm and Node.js", &[("npm", &["npm"])]).with_context(without)?;
            say!("fetching axe-core by npm");
            process::run_quietly(&mut npm(folder), signals).with_context(without)
        });
        Ok(Self(script?.into()))
    }

    /// Tells the command where it is.
    pub(crate) fn beside<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env(VARIABLE, &self.0)
    }
}

/// Installs what the lock file says, or nothing: npm compares the checksum. No script of a package runs.
fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder);
    npm
}

/// The script in the folder, where what is there was fetched for the same lock file. Otherwise that is fetched anew.
fn fetched(
    wanted: &Path,
    folder: &Path,
    fetch: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let lock = fs::read(wanted.join(LOCK)).context("failed to read which axe-core is wanted")?;
    let has = fs::read(folder.join(LOCK)).ok();
    if has != Some(lock) {
        replace(wanted, folder, fetch).context("failed to get axe-core")?;
    }
    Ok(folder.join("node_modules/axe-core/axe.min.js"))
}

/// The folder is there once all is in it: what was interrupted is not taken for whole.
fn replace(wanted: &Path, folder: &Path, fetch: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let above = folder.parent().unwrap_or(folder);
    fs::create_dir_all(above)?;
    let new = tempfile::tempdir_in(above)?;
    for file in [MANIFEST, LOCK] {
        fs::copy(wanted.join(file), new.path().join(file))?;
    }
    fetch(new.path())?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::rename(new.path(), folder)?)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_was_fetched_is_used_again_until_another_is_wanted() {
        let place = tempfile::tempdir().unwrap();
        let (wanted, folder) = (place.path().join("wanted"), place.path().join("target/axe"));
        fs::create_dir(&wanted).unwrap();
        let lock = |text: &str| fs::write(wanted.join(LOCK), text).unwrap();
        fs::write(wanted.join(MANIFEST), "{}").unwrap();
        lock("1");

        let offline = |_: &Path| bail!("no registry");
        fetched(&wanted, &folder, offline).unwrap_err();
        assert!(!folder.exists());

        let online = |folder: &Path| {
            let package = folder.join("node_modules/axe-core");
            fs::create_dir_all(&package)?;
            Ok(fs::copy(folder.join(LOCK), package.join("axe.min.js")).map(drop)?)
        };
        let script = fetched(&wanted, &folder, online).unwrap();
        assert_eq!(fs::read(&script).unwrap(), b"1");
        assert_eq!(fetched(&wanted, &folder, offline).unwrap(), script);

        lock("2");
        fetched(&wanted, &folder, offline).unwrap_err();
        fetched(&wanted, &folder, online).unwrap();
        assert_eq!(fs::read(&script).unwrap(), b"2");
        let left = fs::read_dir(place.path().join("target")).unwrap();
        assert_eq!(left.count(), 1);
    }
}
