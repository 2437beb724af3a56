//! An application that pins what the published crates ask for at its lowest.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::declared::Declared;
use super::resolved;
use crate::project::{self, cargo};

/// What the application does. Its manifest is made up here.
const MAIN: &str = include_str!("../../application/main.rs");

/// What it needs, at whatever version: those of others are pinned.
const NEEDED: &[(&str, &str)] = &[
    ("axum", r#""http1", "json", "tokio""#),
    ("diesel", r#""r2d2", "sqlite""#),
    ("tokio", r#""macros", "rt-multi-thread""#),
];

/// Makes it inside `folder`, and pins a version of whatever the published crates bring it.
///
/// Returns the command that runs its smoke tests. It is not of the workspace, so that other
/// backends than its own force no version on it.
pub(super) fn make(folder: &Path, declared: &Declared) -> Result<Command> {
    let folder = folder.join("application");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("failed to remove the application")?;
    }
    let write = |file: &str, text: &str| {
        fs::write(folder.join(file), text)
            .with_context(|| format!("failed to write {file} of the application"))
    };
    fs::create_dir_all(folder.join("src")).context("failed to make the application's folder")?;
    write("src/main.rs", MAIN)?;
    write("Cargo.toml", &manifest(|_| Some("*".to_owned()), &[]))?;
    let brought = resolved::of(&folder, &declared.packages)?;
    let pinned = brought.keys().filter_map(|name| {
        let lowest = declared.pinned(name)?;
        Some((name.as_str(), format!("={lowest}")))
    });
    let pinned: Vec<_> = pinned.collect();
    let version = |name: &str| {
        let pin = pinned.iter().find(|(pinned, _)| *pinned == name)?;
        Some(pin.1.clone())
    };
    write("Cargo.toml", &manifest(version, &pinned))?;
    fs::remove_file(folder.join("Cargo.lock")).context("failed to remove a lock file")?;
    let mut run = cargo(["run", "--quiet", "--", "notes.sqlite"]);
    run.current_dir(folder);
    Ok(run)
}

/// The manifest with the versions of what it needs, and of what else is pinned.
fn manifest(version: impl Fn(&str) -> Option<String>, pinned: &[(&str, String)]) -> String {
    let root = project::root().display();
    let mut manifest = format!(
        "[package]\nname = \"pinned\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n\
         smoke-axum = {{ path = \"{root}/smoke-axum\" }}\n\
         smoke-diesel = {{ path = \"{root}/smoke-diesel\", features = [\"bundled\", \"sqlite\"] }}\n"
    );
    let mut line = |name: &str, version: &str, features: &str| {
        let _ = writeln!(
            manifest,
            "{name} = {{ version = \"{version}\", default-features = false, features = [{features}] }}"
        );
    };
    for (name, features) in NEEDED {
        line(
            name,
            &version(name).unwrap_or_else(|| "*".to_owned()),
            features,
        );
    }
    for (name, version) in pinned {
        if !NEEDED.iter().any(|(needed, _)| needed == name) {
            line(name, version, "");
        }
    }
    manifest
}
