//! The published crates as they may be chosen: without any feature, and with each alone.

use std::process::Command;

use crate::project::{self, cargo};
use crate::published::{Package, Workspace};

/// A command for each choice, which fails where the crate warns.
///
/// The library alone is looked at: what its tests need would choose features of its own. No other
/// flags for the compiler than those of the other commands, which would have everything built anew.
pub(crate) fn checks(workspace: &Workspace) -> Vec<Command> {
    let choices = workspace.published().flat_map(choices);
    let checks = choices.map(|(package, feature)| {
        let mut clippy = cargo(["clippy", "--lib", "--no-default-features", "-p", package]);
        if let Some(feature) = feature {
            clippy.args(["--features", feature]);
        }
        clippy.args(["--", "-D", "warnings"]);
        clippy
    });
    checks.collect()
}

/// The same for the backends for the last major versions, whose sources are those of today's: with everything, with
/// nothing, and with each database alone.
pub(crate) fn previous() -> impl Iterator<Item = Command> {
    let all = &["--all-targets", "--all-features"][..];
    let choices = ["", "mysql", "postgres", "sqlite"];
    let alone = choices.map(|feature| vec!["--no-default-features", "--features", feature]);
    std::iter::once(all.to_vec()).chain(alone).map(|choice| {
        let mut clippy = project::previous(["clippy"]);
        clippy.args(choice).args(["--", "-D", "warnings"]);
        clippy
    })
}

fn choices(package: &Package) -> impl Iterator<Item = (&str, Option<&str>)> {
    let features = package.features.keys().map(String::as_str);
    // It chooses others, each of which is checked alone.
    let alone = features.filter(|feature| *feature != "default").map(Some);
    std::iter::once(None)
        .chain(alone)
        .map(|feature| (&*package.name, feature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shown;

    #[test]
    fn a_crate_is_checked_with_none_and_with_each_feature() {
        let package = Package {
            name: "shop".to_owned(),
            version: "0.1.0".to_owned(),
            publish: None,
            features: ["default", "sqlite", "postgres"]
                .map(|feature| (feature.to_owned(), Vec::new()))
                .into(),
            dependencies: Vec::new(),
            manifest_path: std::path::PathBuf::new(),
        };
        let wanted = [None, Some("postgres"), Some("sqlite")].map(|feature| ("shop", feature));
        assert!(choices(&package).eq(wanted));
    }

    #[test]
    fn the_crates_of_this_workspace_are_found() {
        let checks = checks(&Workspace::read().unwrap());
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
