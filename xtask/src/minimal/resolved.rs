//! Which versions cargo chose.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;
use crate::project::cargo;

#[derive(Deserialize)]
struct Told {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The versions of what these packages depend on, their tests aside, in the workspace there.
pub(super) fn of(
    workspace: &Path,
    packages: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>> {
    let mut asked = cargo(["metadata", "--format-version", "1", "--all-features"]);
    let told = process::output(asked.current_dir(workspace))?;
    let told = serde_json::from_slice(&told).context("failed to read `cargo metadata`")?;
    Ok(among(&told, packages))
}

fn among(told: &Told, packages: &BTreeSet<String>) -> BTreeMap<String, String> {
    let by_id: HashMap<_, _> = told
        .packages
        .iter()
        .map(|package| (&*package.id, package))
        .collect();
    let ours = |node: &&Node| {
        let package = by_id.get(&*node.id);
        package.is_some_and(|package| packages.contains(&package.name))
    };
    let edges = told.resolve.nodes.iter().filter(ours);
    let edges = edges.flat_map(|node| &node.deps);
    let used = edges.filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()));
    let chosen = used.filter_map(|edge| by_id.get(&*edge.pkg));
    let chosen = chosen.filter(|package| package.source.is_some());
    chosen
        .map(|package| (package.name.clone(), package.version.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_tests_or_of_the_workspace_is_left_out() {
        let told = serde_json::from_value(serde_json::json!({
            "packages": [
                { "id": "shop", "name": "shop", "version": "0.1.0", "source": null },
                { "id": "till", "name": "till", "version": "0.1.0", "source": null },
                { "id": "tokio 1", "name": "tokio", "version": "1.39.1", "source": "registry" },
                { "id": "insta 1", "name": "insta", "version": "1.40.0", "source": "registry" },
            ],
            "resolve": { "nodes": [
                { "id": "shop", "deps": [
                    { "pkg": "till", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "tokio 1", "dep_kinds": [{ "kind": "dev" }, { "kind": null }] },
                    { "pkg": "insta 1", "dep_kinds": [{ "kind": "dev" }] },
                ]},
                { "id": "till", "deps": [{ "pkg": "insta 1", "dep_kinds": [{ "kind": null }] }] },
            ]},
        }))
        .unwrap();
        let chosen = among(&told, &["shop".to_owned()].into());
        assert_eq!(chosen, [("tokio".to_owned(), "1.39.1".to_owned())].into());
    }
}
