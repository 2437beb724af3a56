//! The test target `smoke` as nextest asks for it: a list, another one of what is ignored, and a
//! process for each test.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use smoke_testing::{PATIENCE, output};

use crate::command::smoke;
use crate::database::Database;

/// What a test target says on standard output; none where it fails.
fn said(target: &PathBuf, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(target);
    let ended = output(command.env_clear().args(arguments), PATIENCE);
    let said = String::from_utf8(ended.stdout).unwrap();
    ended.status.success().then_some(said)
}

/// The names in a list, without those that are skipped where there is no browser.
fn listed(target: &PathBuf, more: &[&str]) -> Option<BTreeSet<String>> {
    let list = said(target, &[&["--list", "--format", "terse"], more].concat())?;
    let lines = list.lines().filter(|line| !line.contains("::browser::"));
    let names = lines.map(|line| line.strip_suffix(": test"));
    names.map(|name| name.map(str::to_owned)).collect()
}

/// The newest of those that cargo has built beside this one.
fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let beside = fs::read_dir(own.parent().unwrap()).unwrap();
    let files = beside.map(|entry| entry.unwrap().path());
    let named = files.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("smoke-") && path.extension().is_none()
    });
    let built = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let mut named: Vec<_> = named.collect();
    named.sort_by_key(|path| std::cmp::Reverse(built(path)));
    // Others have programs of that name, too.
    let is_ours = |path: &PathBuf| {
        let tests = listed(path, &[]).unwrap_or_default();
        tests.iter().any(|name| name.starts_with("quickstart::"))
    };
    let ours = named.into_iter().find(is_ours);
    ours.expect("cargo test -p quickstart builds the test target `smoke`, too")
}

#[test]
fn nextest_lists_the_smoke_tests_and_runs_them_one_by_one() {
    let target = target();
    let all = listed(&target, &[]).unwrap();
    let ignored = listed(&target, &["--ignored"]).unwrap();
    let run = crate::SLOW_TESTS as usize;
    assert_eq!(all.len(), run + 1, "{all:?}");
    let command = smoke(&Database::new(), &["--list", "--slow"], &[]);
    let command = String::from_utf8(command.stdout).unwrap();
    let named = command.lines().filter(|name| !name.contains("::browser::"));
    assert_eq!(named.collect::<Vec<_>>(), all.iter().collect::<Vec<_>>());
    let slow = "quickstart::smoke::notes::Notes::can_be_many";
    assert!(
        ignored.contains(slow) && ignored.is_subset(&all),
        "{ignored:?}"
    );
    let (mut passed, mut skipped) = (0, Vec::new());
    for name in &all {
        let mut arguments = vec!["--exact", name, "--nocapture"];
        if ignored.contains(name) {
            arguments.push("--ignored");
        }
        let said = said(&target, &arguments).unwrap_or_else(|| panic!("{name}"));
        if said.contains("test result: ok. 1 passed; 0 failed; 0 ignored;") {
            passed += 1;
        } else {
            assert!(
                said.contains("test result: ok. 0 passed; 0 failed; 1 ignored;"),
                "{said}"
            );
            skipped.push(name.as_str());
        }
    }
    assert_eq!(passed, run);
    assert_eq!(skipped, ["quickstart::smoke::service::mail_arrives"]);
}
