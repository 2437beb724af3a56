//! The crates for the last major versions have the sources of today's, wherever they are packed.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CRATES: [(&str, &str); 3] = [
    ("smoke-sqlx-08", "smoke-sqlx"),
    ("smoke-sea-orm-1", "smoke-sea-orm"),
    ("smoke-diesel-async-08", "smoke-diesel"),
];

#[test]
fn what_is_shared_is_the_same_file_and_is_packed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (previous, today) in CRATES {
        let (folder, today) = (root.join("previous").join(previous), root.join(today));
        let sources = sources(&today.join("src"));
        let packed = packed(&folder);
        for source in sources {
            let source = Path::new("src").join(source);
            assert!(packed.contains(&source), "{previous} lacks {source:?}");
            let [ours, theirs] =
                [&folder, &today].map(|of| of.join(&source).canonicalize().unwrap());
            let differs = source.ends_with("version.rs");
            assert!(
                ours == theirs || differs,
                "{ours:?} is a copy of {theirs:?}"
            );
        }
    }
}

/// The files below that folder.
fn sources(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(looked_at) = folders.pop() {
        for entry in fs::read_dir(looked_at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

fn packed(folder: &Path) -> BTreeSet<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]);
    let listed = cargo.current_dir(folder).output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(PathBuf::from).collect()
}
