//! Where the project stands, and its cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Where what is built goes.
pub(crate) fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(chosen)
}

/// The cargo that runs this, in the workspace's folder.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(root());
    cargo
}

/// The cargo that runs this, in the workspace of the backends for the last major versions. It builds where the
/// other one does.
pub(crate) fn previous<const N: usize>(arguments: [&str; N]) -> Command {
    let mut cargo = cargo(arguments);
    cargo.current_dir(root().join("previous"));
    cargo.env("CARGO_TARGET_DIR", target());
    cargo
}

/// All tests, unless a package is named in what is added: the root has no package of its own, and without
/// `--workspace` cargo takes every member then.
pub(crate) fn test() -> Command {
    cargo(["test", "--all-features"])
}

/// All tests of the backends for the last major versions, unless a package is named in what is added.
pub(crate) fn test_previous() -> Command {
    previous(["test", "--all-features"])
}

/// All benchmarks. What is extra goes to them.
pub(crate) fn bench(extra: &[OsString]) -> Command {
    let mut bench = cargo(["bench", "-p", "benches", "--"]);
    bench.args(extra);
    bench
}

/// All benchmarks, once each and without measuring: as they are built for tests, of which most is there already.
pub(crate) fn try_benches() -> Command {
    cargo(["test", "--all-features", "--bench", "*", "--", "--test"])
}

/// The package `soak` at length: one test at a time, which says what it found.
pub(crate) fn soak(extra: &[OsString]) -> Command {
    let mut soak = cargo(["test", "-p", "soak"]);
    soak.env("SMOKE_SOAK", "full").args(extra);
    soak.args(["--", "--nocapture", "--test-threads=1"]);
    soak
}
