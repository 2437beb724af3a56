//! The crates for the last major versions have the files of today's, wherever they are packed.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CRATES: [(&str, &str); 4] = [
    ("smoke-sqlx-08", "smoke-sqlx"),
    ("smoke-sea-orm-1", "smoke-sea-orm"),
    ("smoke-diesel-async-08", "smoke-diesel"),
    ("smoke-escapes", "crates/smoke-escapes"),
];

/// What differs between the versions.
const OWN: [&str; 4] = [
    "src/version.rs",
    "tests/version/mod.rs",
    "tests/escapes/version.rs",
    // sqlx 0.8 refuses what sqlx 0.9 does.
    "tests/sandbox/levels.rs",
];

fn folders() -> impl Iterator<Item = (PathBuf, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    CRATES.into_iter().map(move |(previous, today)| {
        let previous = root.join("previous").join(previous);
        (previous, root.join(today))
    })
}

#[test]
fn nothing_is_a_copy_and_nothing_is_left_out() {
    for (previous, today) in folders() {
        let [theirs, ours] = [&today, &previous].map(|of| files(of));
        for file in theirs.union(&ours) {
            let [ours, theirs] = [&previous, &today].map(|of| of.join(file).canonicalize());
            let is_own = OWN.iter().any(|own| file == Path::new(own));
            assert!(is_own || ours.is_ok(), "{previous:?} lacks {file:?}");
            assert!(
                is_own || ours.unwrap() == theirs.unwrap(),
                "{file:?} is a copy"
            );
        }
    }
}

#[test]
fn what_is_linked_is_packed() {
    for (previous, _) in folders().take(3) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["package", "--list", "--allow-dirty", "--offline"]);
        let listed = cargo.current_dir(&previous).output().unwrap();
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout).unwrap();
        let packed: BTreeSet<_> = listed.lines().map(PathBuf::from).collect();
        let files = files(&previous);
        let missing: Vec<_> = files.difference(&packed).collect();
        assert!(missing.is_empty(), "{previous:?}: {missing:?}");
    }
}

/// The sources and the tests of that crate.
fn files(of: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![of.join("src"), of.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(of).unwrap().to_owned());
            }
        }
    }
    found
}
