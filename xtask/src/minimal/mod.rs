//! The lowest versions that the published crates ask for: that they work, and which they are.
//!
//! A copy of the workspace has them in its lock file, and an application pins them all.

mod application;
mod copy;
mod declared;
mod resolved;
mod table;
mod version;

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::published::Workspace;
use crate::terminal::say;

/// Resolves the lowest versions, and compares the table of them with what the guide says.
///
/// Returns the commands that build and test with them; none where `SMOKE_BLESS` is set, and the
/// table is written anew instead.
pub(crate) fn prepare() -> Result<Vec<Command>> {
    let workspace = Workspace::read()?;
    let folder = folder(&workspace);
    let declared = declared::read(&workspace);
    let copy = copy::Copy::make(&workspace, &declared, &folder)?;
    let lowest = resolved::of(copy.root(), &declared.packages)?;
    let newest = resolved::of(crate::project::root(), &declared.packages)?;
    let table = table::written(&declared, &lowest, &newest)?;
    if std::env::var_os("SMOKE_BLESS").is_some() {
        say!("wrote {}", table::bless(&table)?.display());
        return Ok(Vec::new());
    }
    table::check(&table)?;
    let application = application::make(&folder, &declared)?;
    let mut commands = copy.commands();
    commands.push(application);
    for command in &mut commands {
        // It is built once, and nobody debugs it.
        command.env("CARGO_TARGET_DIR", folder.join("target"));
        command.env("CARGO_INCREMENTAL", "0");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("CARGO_PROFILE_TEST_DEBUG", "0");
    }
    Ok(commands)
}

/// Removes what was built.
pub(crate) fn clear() -> Result<()> {
    let target = folder(&Workspace::read()?).join("target");
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("failed to remove {}", target.display()))?;
    }
    Ok(())
}

fn folder(workspace: &Workspace) -> std::path::PathBuf {
    workspace.target().join("minimal")
}
