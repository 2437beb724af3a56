//! What this crate takes over from those below it.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::collections::BTreeSet;

/// The names that a `lib.rs` exports, those for macros' use left out.
fn exported(lib: &str) -> BTreeSet<&str> {
    let statements = lib
        .split("\npub use ")
        .skip(1)
        .filter_map(|rest| rest.split_once(';'));
    let names = statements.flat_map(|(paths, _)| paths.split([',', '{', '}', ' ', '\n']));
    names
        .filter_map(|path| path.rsplit("::").next())
        .filter(|name| !name.is_empty() && *name != "__private")
        .collect()
}

/// The names of the macros that the core exports.
fn macros() -> BTreeSet<String> {
    let core = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/smoke-core/src/ensure"
    );
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(core).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let exported = text.split("#[macro_export]").skip(1);
        let named = exported.filter_map(|rest| rest.split_once("macro_rules! "));
        names.extend(named.filter_map(|(_, rest)| Some(rest.split_once(' ')?.0.to_owned())));
    }
    names.retain(|name| !name.starts_with("__"));
    names
}

#[test]
fn everything_of_the_core_is_here() {
    let core = exported(include_str!("../../crates/smoke-core/src/lib.rs"));
    let here = exported(include_str!("../src/lib.rs"));
    assert!(core.contains("Runner") && macros().contains("ensure_eq"));
    let missing: Vec<&str> = core.difference(&here).copied().collect();
    assert_eq!(missing, [""; 0]);
    let macros = macros();
    let missing: Vec<&String> = macros
        .iter()
        .filter(|name| !here.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
