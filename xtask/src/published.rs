//! The crates of the workspace that are published.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::project::cargo;

/// What cargo knows of the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Nowhere where it is empty, and anywhere where there is none.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let mut asked = cargo(["metadata", "--no-deps", "--format-version", "1"]);
        let told = asked.output().context("failed to start `cargo metadata`")?;
        if !told.status.success() {
            let said = String::from_utf8_lossy(&told.stderr);
            bail!("`cargo metadata` failed: {said}");
        }
        serde_json::from_slice(&told.stdout).context("failed to read `cargo metadata`")
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| package.is_published())
    }

    /// Packs the crates as they are published, and builds what was packed: where the others were
    /// built, so that what they depend on is not built once more for each.
    pub(crate) fn packaging(&self) -> Command {
        let mut package = cargo(["package", "--allow-dirty"]);
        for published in self.published() {
            package.args(["-p", &published.name]);
        }
        package.env("CARGO_TARGET_DIR", &self.target_directory);
        package
    }
}

impl Package {
    fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|to| !to.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shown;

    #[test]
    fn what_is_published_somewhere_is() {
        let package = |publish: Option<Vec<String>>| Package {
            name: "shop".to_owned(),
            publish,
            features: BTreeMap::new(),
        };
        assert!(package(None).is_published());
        assert!(package(Some(vec!["crates-io".to_owned()])).is_published());
        assert!(!package(Some(Vec::new())).is_published());
    }

    #[test]
    fn the_crates_of_this_workspace_are_packed_and_its_tools_are_not() {
        let packing = shown(&Workspace::read().unwrap().packaging());
        assert!(packing.contains("-p smoke-core "), "{packing}");
        assert!(!packing.contains("xtask"), "{packing}");
        assert!(!packing.contains("quickstart"), "{packing}");
    }
}
