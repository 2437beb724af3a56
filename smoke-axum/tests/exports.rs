//! What this crate takes over from those below it.

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

#[test]
fn everything_of_the_core_is_here() {
    let tower = exported(include_str!("../../smoke-tower/src/lib.rs"));
    let here = exported(include_str!("../src/lib.rs"));
    assert!(tower.contains("Runner") && tower.contains("ensure_eq"));
    let missing: Vec<&str> = tower.difference(&here).copied().collect();
    // A body of axum's own is in its place.
    assert_eq!(missing, ["ResponseBody"]);
}
