//! A copy of the workspace whose lock file has the lowest versions.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use toml_edit::{Array, DocumentMut, value};

use super::declared::Declared;
use crate::process;
use crate::project::{self, cargo};
use crate::published::Workspace;

/// What an application builds on most: all tests that need no server, but those that build much anew for
/// what is the same with all versions. actix-http before 3.13 does not tell that a client has gone
/// while nothing is sent to it.
const OF_CORE: &str = "-p smoke-report -p smoke-core -p smoke-tower -p smoke-axum -p smoke-actix -p smoke-tonic \
                       -p smoke-cli --lib --tests -- --skip postgres --skip messages_say_what_to_write \
                       --skip a_build_that_aborts --skip a_client_that_goes_away";

/// Of the backends the tests that need no server.
const OF_BACKENDS: &str =
    "-p smoke-diesel -p smoke-sqlx --test conformance --test sandbox -- sqlite";

/// The workspace of the published crates. It has no files of its own but a manifest and a lock file.
pub(super) struct Copy {
    root: PathBuf,
}

impl Copy {
    /// Makes it anew, inside `folder`, and has cargo choose the versions.
    pub(super) fn make(workspace: &Workspace, declared: &Declared, folder: &Path) -> Result<Self> {
        let root = folder.join("workspace");
        if root.exists() {
            fs::remove_dir_all(&root).context("failed to remove the copy of the workspace")?;
        }
        let members = members(workspace);
        for member in &members {
            let link = root.join(member);
            fs::create_dir_all(link.parent().unwrap_or(&root))
                .and_then(|()| symlink(project::root().join(member), &link))
                .with_context(|| format!("failed to make {}", link.display()))?;
        }
        let manifest = fs::read_to_string(project::root().join("Cargo.toml"))
            .context("failed to read the workspace's manifest")?;
        let manifest = manifest_of(&manifest, &members, declared)?;
        fs::write(root.join("Cargo.toml"), manifest).context("failed to write a manifest")?;
        // The versions are chosen by what stable cargo does not do yet. It builds as always.
        let mut update = cargo(["update", "-Z", "direct-minimal-versions"]);
        process::output(update.current_dir(&root).env("RUSTC_BOOTSTRAP", "1"))?;
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// All published crates are built, with all features, and some are tested.
    pub(super) fn commands(&self) -> Vec<Command> {
        let mut check = cargo([
            "check",
            "--locked",
            "--workspace",
            "--lib",
            "--all-features",
        ]);
        check.current_dir(&self.root);
        let tests = [OF_CORE, OF_BACKENDS].map(|chosen| {
            let mut test = cargo(["test", "--locked", "--no-fail-fast", "--all-features"]);
            test.current_dir(&self.root).args(chosen.split(' '));
            test.env("RUST_BACKTRACE", "0");
            test
        });
        std::iter::once(check).chain(tests).collect()
    }
}

/// The folders of the published crates, and of those that their tests need.
fn members(workspace: &Workspace) -> Vec<String> {
    let reached = workspace.reached(workspace.published(), |_| true);
    let folders = reached.into_values().map(|package| {
        let folder = package.manifest_path.parent();
        let folder = folder.and_then(|folder| folder.strip_prefix(project::root()).ok());
        folder.unwrap_or(Path::new("")).display().to_string()
    });
    let mut members: Vec<_> = folders.collect();
    members.sort();
    members
}

/// The root's manifest with these members, and with the versions that are forced.
fn manifest_of(manifest: &str, members: &[String], wanted: &Declared) -> Result<String> {
    let mut manifest: DocumentMut = manifest.parse().context("failed to read the manifest")?;
    manifest["workspace"]["members"] = value(Array::from_iter(members));
    let declared = manifest["workspace"]["dependencies"].as_table_like_mut();
    let declared = declared.context("the manifest has no dependencies")?;
    for name in wanted.forced.keys() {
        let Some(version) = wanted.forced_here(name) else {
            continue;
        };
        let asked = declared.get_mut(name);
        let asked = asked.with_context(|| format!("{name} is forced, and not asked for"))?;
        match asked.as_table_like_mut() {
            Some(inside) => drop(inside.insert("version", value(version))),
            None => *asked = value(version),
        }
    }
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_the_published_crates_and_what_their_tests_need() {
        let members = members(&Workspace::read().unwrap());
        for member in ["smoke-axum", "crates/smoke-core", "crates/smoke-testing"] {
            assert!(members.contains(&member.to_owned()), "{members:?}");
        }
        for member in ["xtask", "benches", "examples/quickstart"] {
            assert!(!members.contains(&member.to_owned()), "{members:?}");
        }
    }

    #[test]
    fn a_version_is_forced_however_it_is_written() {
        let manifest = "[workspace]\nmembers = [\"*\"]\n[workspace.dependencies]\n\
                        serde = \"1.0.0\"\ndiesel = { version = \"2.3.0\", features = [] }\n";
        let declared = |forced: &[(&str, &str, &str)]| {
            let mut declared = Declared::default();
            for (by, name, version) in forced {
                let by_one = ((*by).to_owned(), (*version).to_owned());
                declared
                    .forced
                    .entry((*name).to_owned())
                    .or_default()
                    .push(by_one);
            }
            declared
        };
        let forced = declared(&[("sqlx", "serde", "1.0.9"), ("sqlx", "diesel", "2.3.9")]);
        let written = manifest_of(manifest, &["shop".to_owned()], &forced).unwrap();
        for line in [
            "members = [\"shop\"]",
            "serde = \"1.0.9\"",
            "diesel = { version = \"2.3.9\", features = [] }",
        ] {
            assert!(written.contains(line), "{written}");
        }
        let forced = declared(&[("sqlx", "serde", "1.0.10"), ("tonic", "serde", "1.0.9")]);
        let written = manifest_of(manifest, &[], &forced).unwrap();
        assert!(written.contains("serde = \"1.0.10\""), "{written}");
        let unknown = declared(&[("sqlx", "serde", "1.0.9"), ("sqlx", "tokio", "1.0.0")]);
        let error = manifest_of(manifest, &[], &unknown).unwrap_err();
        assert_eq!(error.to_string(), "tokio is forced, and not asked for");
    }
}
