//! The benchmarks, and the file of what they measured.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

use crate::arguments::Order;
use crate::library;
use crate::process;
use crate::project::{self, cargo};
use crate::server::Servers;
use crate::signals::Signals;
use crate::terminal::say;

/// Where the benchmarks find the folder for their pages.
const FOLDER: &str = "SMOKE_BENCH_PAGES";

/// The pages of the file, in their order.
const PAGES: [&str; 8] = [
    "times",
    "beside_a_writer",
    "counts",
    "trivial",
    "memory",
    "passthrough",
    "probes",
    "commands",
];

/// What the file tells the versions of.
const LIBRARIES: [&str; 9] = [
    "axum",
    "bb8",
    "deadpool",
    "deadpool-diesel",
    "diesel",
    "diesel-async",
    "r2d2",
    "sqlx",
    "tokio",
];

/// Runs them, and writes the file where all of them ran at length.
pub(crate) fn run(order: &Order, signals: &Signals) -> Result<ExitStatus> {
    library::ensure()?;
    let servers = Servers::start(&order.with, signals)?;
    let mut bench = project::bench(&order.extra);
    let bench = servers.beside(&mut bench);
    if !order.extra.is_empty() {
        return process::run(bench, signals);
    }
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let status = process::run(bench.env(FOLDER, folder.path()), signals)?;
    if status.success() {
        let file = project::root().join("benches").join("RESULTS.md");
        fs::write(&file, results(folder.path())?)
            .with_context(|| format!("failed to write {}", file.display()))?;
        say!("wrote {}", file.display());
    }
    Ok(status)
}

/// The whole file.
fn results(folder: &Path) -> Result<String> {
    let rustc = said(Command::new("rustc").arg("--version"))?;
    let cores = std::thread::available_parallelism().context("failed to count the cores")?;
    let mut text = format!(
        "\
# What it costs

Written by `cargo xtask bench`, in release builds, beside private servers on the same machine.
Machines differ, and are busy: compare within a row.

| | |
|---|---|
| machine | {}, {cores} cores |
| compiler | {} |
| libraries | {} |
",
        processor(),
        rustc.trim(),
        libraries()?.join(", "),
    );
    for page in PAGES {
        let file = folder.join(format!("{page}.md"));
        let page = fs::read_to_string(&file)
            .with_context(|| format!("failed to read {}", file.display()))?;
        text.push('\n');
        text.push_str(&page);
    }
    Ok(text)
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = told.lines().filter_map(|line| line.split_once(':'));
    let model = lines.find(|(name, _)| name.trim() == "model name");
    model
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim())
        .to_owned()
}

fn libraries() -> Result<Vec<String>> {
    let mut tree = cargo([
        "tree", "-p", "benches", "--edges", "normal", "--prefix", "none",
    ]);
    let tree = said(&mut tree)?;
    let all = tree.lines().filter_map(|line| line.split_once(" v"));
    let shown = all.filter(|(name, _)| LIBRARIES.contains(name));
    let shown: BTreeSet<_> = shown
        .map(|(name, rest)| {
            let version = rest.split_whitespace().next().unwrap_or_default();
            format!("{name} {version}")
        })
        .collect();
    Ok(shown.into_iter().collect())
}

/// What a command says on its standard output.
fn said(command: &mut Command) -> Result<String> {
    String::from_utf8(process::output(command)?).context("it said what is not text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_library_of_the_file_has_one_version() {
        let libraries = libraries().unwrap();
        assert_eq!(libraries.len(), LIBRARIES.len(), "{libraries:?}");
    }

    #[test]
    fn a_page_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = results(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("times.md"), "{error}");
    }
}
