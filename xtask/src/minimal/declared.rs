//! What the published crates ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::version::parts;
use crate::published::{Dependency, Package, Workspace};

/// The lowest versions of what an application gets with the published crates.
#[derive(Default)]
pub(super) struct Declared {
    /// Those crates.
    pub(super) packages: BTreeSet<String>,
    /// The lowest version of each of their dependencies.
    pub(super) lowest: BTreeMap<String, String>,
    /// By dependency: what forces a higher version on it, and that.
    pub(super) forced: BTreeMap<String, Vec<(String, String)>>,
}

impl Declared {
    /// The version that is forced on it in the workspace: the highest, where several are.
    pub(super) fn forced_here(&self, name: &str) -> Option<&str> {
        let forced = self.forced.get(name).into_iter().flatten();
        let here = forced.filter(|(by, _)| !is_of_the_application(by));
        let versions = here.map(|(_, version)| version.as_str());
        versions.max_by_key(|version| parts(version))
    }

    /// The version that the pinned application has.
    pub(super) fn pinned(&self, name: &str) -> Option<&str> {
        let forced = self.forced.get(name).into_iter().flatten();
        let mut forced = forced.filter(|(by, _)| is_of_the_application(by));
        let version = forced.next().map(|(_, version)| version);
        version
            .or_else(|| self.lowest.get(name))
            .map(String::as_str)
    }
}

pub(super) fn read(workspace: &Workspace) -> Declared {
    let packages = seen_by_applications(workspace);
    let ours = |package: &&Package| packages.contains(&package.name);
    let asked = workspace.packages().iter().filter(ours);
    let asked = asked.flat_map(|package| &package.dependencies);
    let others = asked.filter(|asked| is_used(asked) && asked.path.is_none());
    let lowest = others.map(|asked| (asked.name.clone(), lowest(&asked.req)));
    let lowest = lowest.collect();
    let mut forced: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (by, versions) in &workspace.metadata.forced {
        for (name, version) in versions {
            let forced = forced.entry(name.clone()).or_default();
            forced.push((by.clone(), version.clone()));
        }
    }
    Declared {
        packages,
        lowest,
        forced,
    }
}

/// The published crates at the root, and those of the workspace that they stand on.
fn seen_by_applications(workspace: &Workspace) -> BTreeSet<String> {
    let root = crate::project::root();
    let at_root = |package: &&Package| {
        let folder = package.manifest_path.parent();
        package.is_published() && folder.and_then(|folder| folder.parent()) == Some(root)
    };
    let at_root = workspace.packages().iter().filter(at_root);
    let reached = workspace.reached(at_root, is_used);
    reached.into_keys().map(str::to_owned).collect()
}

/// Whether what forces a version is in the pinned application, and not in the workspace, which has a
/// higher version of it.
fn is_of_the_application(by: &str) -> bool {
    by.contains(' ')
}

/// Whether it is for more than tests.
fn is_used(dependency: &Dependency) -> bool {
    dependency.kind.is_none()
}

/// The version that a requirement begins with: `1.39` of `^1.39`, `0.30.1` of `>=0.30.1, <0.39`.
fn lowest(requirement: &str) -> String {
    let first = requirement.split(',').next().unwrap_or(requirement);
    let version = first.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    version.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_begins_with_its_lowest_version() {
        for (requirement, version) in [
            ("^1.39.1", "1.39.1"),
            (">=0.30.1, <0.39.0", "0.30.1"),
            ("=0.9.0", "0.9.0"),
        ] {
            assert_eq!(lowest(requirement), version);
        }
    }

    #[test]
    fn an_application_gets_what_adapters_and_backends_stand_on_and_no_test_suites() {
        let declared = read(&Workspace::read().unwrap());
        for name in ["smoke-axum", "smoke-diesel", "smoke-core", "smoke-sqlite"] {
            assert!(declared.packages.contains(name), "{name}");
        }
        for name in ["smoke-conformance", "smoke-testing", "xtask"] {
            assert!(!declared.packages.contains(name), "{name}");
        }
        assert!(declared.lowest.contains_key("tokio"));
        assert!(!declared.lowest.contains_key("trybuild"));
    }
}
