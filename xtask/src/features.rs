//! The published crates as they may be chosen: without any feature, and with each alone.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::project::cargo;

/// A command for each choice, which fails where the crate warns.
///
/// The library alone is looked at: what its tests need would choose features of its own. No other
/// flags for the compiler than those of the other commands, which would have everything built anew.
pub(crate) fn checks() -> Result<Vec<Command>> {
    let mut asked = cargo(["metadata", "--no-deps", "--format-version", "1"]);
    let told = asked.output().context("failed to start `cargo metadata`")?;
    if !told.status.success() {
        let said = String::from_utf8_lossy(&told.stderr);
        bail!("`cargo metadata` failed: {said}");
    }
    let told = serde_json::from_slice(&told.stdout);
    let workspace: Workspace = told.context("failed to read `cargo metadata`")?;
    let choices = workspace.packages.iter().flat_map(Package::choices);
    let checks = choices.map(|(package, feature)| {
        let mut clippy = cargo(["clippy", "--lib", "--no-default-features", "-p", package]);
        if let Some(feature) = feature {
            clippy.args(["--features", feature]);
        }
        clippy.args(["--", "-D", "warnings"]);
        clippy
    });
    Ok(checks.collect())
}

#[derive(Deserialize)]
struct Workspace {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// Nowhere where it is empty, and anywhere where there is none.
    publish: Option<Vec<String>>,
    features: BTreeMap<String, Vec<String>>,
}

impl Package {
    fn choices(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let is_published = self.publish.as_ref().is_none_or(|to| !to.is_empty());
        let features = self.features.keys().map(String::as_str);
        // It chooses others, each of which is checked alone.
        let alone = features.filter(|feature| *feature != "default").map(Some);
        let choices = std::iter::once(None).chain(alone);
        choices
            .filter(move |_| is_published)
            .map(|feature| (&*self.name, feature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shown;

    #[test]
    fn a_published_crate_is_checked_with_none_and_with_each_feature() {
        let package = |publish: Option<Vec<String>>| Package {
            name: "shop".to_owned(),
            publish,
            features: ["default", "sqlite", "postgres"]
                .map(|feature| (feature.to_owned(), Vec::new()))
                .into(),
        };
        let choices = [None, Some("postgres"), Some("sqlite")].map(|feature| ("shop", feature));
        assert!(package(None).choices().eq(choices));
        assert!(
            package(Some(vec!["crates-io".to_owned()]))
                .choices()
                .eq(choices)
        );
        assert_eq!(package(Some(Vec::new())).choices().count(), 0);
    }

    #[test]
    fn the_crates_of_this_workspace_are_found() {
        let checks = checks().unwrap();
        let shown: Vec<_> = checks.iter().map(shown).collect();
        for wanted in [
            "-p smoke-core -- ",
            "-p smoke-diesel --features mysql-r2d2 -- ",
        ] {
            assert!(
                shown.iter().any(|check| check.contains(wanted)),
                "{shown:?}"
            );
        }
        assert!(
            !shown.iter().any(|check| check.contains("xtask")),
            "{shown:?}"
        );
    }
}
