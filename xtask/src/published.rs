//! The crates of the workspace that are published.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;
use crate::project::cargo;

/// What cargo knows of the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    target_directory: PathBuf,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

/// What the root's manifest says to this program.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    /// The versions that a library of the workspace forces on others there.
    pub(crate) forced: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Nowhere where it is empty, and anywhere where there is none.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) manifest_path: PathBuf,
}

/// What a package asks for.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) req: String,
    /// None where it is not for tests or the build alone.
    pub(crate) kind: Option<String>,
    /// Where it is of the workspace.
    pub(crate) path: Option<PathBuf>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let mut asked = cargo(["metadata", "--no-deps", "--format-version", "1"]);
        let told = process::output(&mut asked)?;
        serde_json::from_slice(&told).context("failed to read `cargo metadata`")
    }

    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// These packages, and those of the workspace that they stand on by dependencies to follow.
    pub(crate) fn reached<'w>(
        &'w self,
        from: impl Iterator<Item = &'w Package>,
        follow: impl Fn(&Dependency) -> bool,
    ) -> BTreeMap<&'w str, &'w Package> {
        let mut found: Vec<_> = from.collect();
        let mut reached = BTreeMap::new();
        while let Some(package) = found.pop() {
            if reached.insert(&*package.name, package).is_some() {
                continue;
            }
            let dependencies = package.dependencies.iter().filter(|asked| follow(asked));
            for below in dependencies.filter(|asked| asked.path.is_some()) {
                let below = |package: &&Package| package.name == below.name;
                found.extend(self.packages.iter().find(below));
            }
        }
        reached
    }

    /// Where what is built goes.
    pub(crate) fn target(&self) -> &Path {
        &self.target_directory
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| package.is_published())
    }

    /// Removes what cargo has unpacked of these crates before. It keeps that beside what it has of other
    /// registries, by the folder and the version, and would take it for what is packed now.
    pub(crate) fn forget_packed(&self) -> Result<()> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let unpacked = home.map(|home| home.join("registry/src"));
        let folders = unpacked.and_then(|unpacked| fs::read_dir(unpacked).ok());
        for folder in folders.into_iter().flatten() {
            let folder = folder.context("failed to look where cargo unpacks crates")?;
            // A registry in a folder has no host, by which the others are named.
            if !folder.file_name().to_string_lossy().starts_with('-') {
                continue;
            }
            for Package { name, version, .. } in self.published() {
                let packed = folder.path().join(format!("{name}-{version}"));
                if packed.exists() {
                    fs::remove_dir_all(&packed)
                        .with_context(|| format!("failed to remove {}", packed.display()))?;
                }
            }
        }
        Ok(())
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
    pub(crate) fn is_published(&self) -> bool {
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
            version: "0.1.0".to_owned(),
            publish,
            features: BTreeMap::new(),
            dependencies: Vec::new(),
            manifest_path: PathBuf::new(),
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
