//! Everything that a change must pass.

use std::fs;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

use crate::axe::Axe;
use crate::browser;
use crate::features;
use crate::library;
use crate::minimal;
use crate::prober;
use crate::process;
use crate::project::{self, cargo, previous};
use crate::published::Workspace;
use crate::server::{Kind, Servers};
use crate::signals::Signals;
use crate::terminal::say;
use crate::tool;

pub(crate) fn run(with: &[Kind], signals: &Signals) -> Result<ExitStatus> {
    let step = |command: &mut Command| {
        say!("\n=== {}", process::shown(command));
        // What is built once needs no intermediate results beside it, which take a third of the disk, and what
        // nobody debugs no line numbers.
        command.env("CARGO_INCREMENTAL", "0");
        for profile in ["DEV", "TEST"] {
            command.env(format!("CARGO_PROFILE_{profile}_DEBUG"), "0");
        }
        let status = process::run(command, signals)?;
        process::succeeded(command, status)
    };
    library::ensure()?;
    prober::ensure()?;
    browser::ensure()?;
    tool::ensure()?;
    let axe = Axe::ensure(signals)?;
    step(&mut cargo(["fmt", "--all", "--check"]))?;
    step(&mut previous(["fmt", "--all", "--check"]))?;
    let mut clippy = cargo(["clippy", "--workspace", "--all-targets", "--all-features"]);
    step(clippy.args(["--", "-D", "warnings"]))?;
    for mut clippy in features::previous() {
        step(&mut clippy)?;
    }
    let workspace = Workspace::read()?;
    for mut check in features::checks(&workspace) {
        step(&mut check)?;
    }
    let mut doc = cargo(["doc", "--workspace", "--all-features", "--no-deps"]);
    step(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    {
        let servers = Servers::start(with, signals)?;
        // Whoever reads the output wants all that failed, and not where tests panic on purpose.
        for mut test in [project::test(), project::test_previous()] {
            test.arg("--no-fail-fast").env("RUST_BACKTRACE", "0");
            step(axe.beside(servers.beside(&mut test)))?;
        }
        step(servers.beside(&mut project::try_benches()))?;
    }
    for manifest in examples()? {
        // One at a time: built together, one example's features would hide what another forgot to ask for.
        step(&mut cargo(["build", "--manifest-path", &manifest]))?;
    }
    workspace.forget_packed()?;
    step(&mut workspace.packaging())?;
    for mut command in minimal::prepare()? {
        step(&mut command)?;
    }
    minimal::clear()?;
    say!("\n=== all passed");
    Ok(ExitStatus::default())
}

/// The examples' manifests, relative to the workspace's folder.
fn examples() -> Result<Vec<String>> {
    let folder = project::root().join("examples");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut manifests = Vec::new();
    for entry in fs::read_dir(folder).context("failed to list the examples")? {
        let entry = entry.context("failed to list the examples")?;
        if entry.path().join("Cargo.toml").exists() {
            let name = entry.file_name();
            manifests.push(format!("examples/{}/Cargo.toml", name.to_string_lossy()));
        }
    }
    manifests.sort();
    Ok(manifests)
}
