//! Installs Debian's packages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use nix::unistd::geteuid;

use crate::process;
use crate::programs::in_path;
use crate::terminal::say;

/// Installs the packages of the programs that are missing.
///
/// # Errors
///
/// As [`install`].
pub(crate) fn programs(what: &str, needed: &[(&str, &[&str])]) -> Result<()> {
    let missing = needed
        .iter()
        .filter(|(program, _)| in_path(&[program]).is_none());
    let packages: Vec<_> = missing
        .flat_map(|(_, packages)| *packages)
        .copied()
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    install(what, &packages)
}

/// # Errors
///
/// When this is not root, or there is no `apt-get`: says what to install by hand.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !geteuid().is_root() || which::which("apt-get").is_err() {
        bail!(
            "the tests need {what} that are not installed; \
             as root: apt-get install --no-install-recommends {names}"
        );
    }
    say!("installing Debian's packages: {names}");
    let _policy = NoServices::ask()?;
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::run_undisturbed(&mut command)
}

/// Keeps packages from starting a service of theirs, by the file that Debian's maintainer scripts ask.
struct NoServices {
    made: bool,
}

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn ask() -> Result<Self> {
        if Path::new(Self::POLICY).exists() {
            return Ok(Self { made: false });
        }
        let made = Self { made: true };
        fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(Self::POLICY, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("failed to write {}", Self::POLICY))?;
        Ok(made)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.made
            && let Err(error) = fs::remove_file(Self::POLICY)
        {
            say!("failed to remove {}: {error}", Self::POLICY);
        }
    }
}
