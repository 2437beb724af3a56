//! Tests that mount something: in a namespace of their own, so that nothing is mounted for anybody else, and
//! nothing stays. They may have a network of their own there, too.
//!
//! A user namespace makes anybody root there. Where those are switched off, it takes root.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use smoke_testing::{PATIENCE, output};

use crate::alone::alone;

/// Runs the body of the test of that full name inside.
pub(crate) fn inside(test: &str, body: impl FnOnce()) {
    alone(test, |arguments| unshare(&["--mount"], arguments), body);
}

/// The same with a network of its own, where each port of loopback is free and nobody else is reached.
pub(crate) fn inside_with_loopback(test: &str, body: impl FnOnce()) {
    let start = |arguments| unshare(&["--mount", "--net"], arguments);
    alone(test, start, || {
        run(Command::new("ip").args(["link", "set", "lo", "up"]));
        body();
    });
}

fn unshare(own: &[&str], arguments: Vec<String>) -> Command {
    let ways: [&[&str]; 2] = [&["--user", "--map-root-user"], &[]];
    let unshare = |way: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(way).args(own);
        unshare
    };
    let way = ways.iter().find(|way| {
        let tried = unshare(way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let way = way.expect(
        "this test mounts something: run it as root, or allow user namespaces (sysctl user.max_user_namespaces), \
         with `unshare` of util-linux",
    );
    let mut unshare = unshare(way);
    unshare.args(arguments);
    unshare
}

/// Mounts a tmpfs with these options.
pub(crate) fn mount(at: &Path, options: &str) {
    run(Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(at));
}

/// Puts one file in the place of another.
pub(crate) fn replace(file: &Path, by: &Path) {
    run(Command::new("mount").arg("--bind").args([by, file]));
}

/// Runs a command to its good end.
pub(crate) fn run(command: &mut Command) {
    let ran = output(command, PATIENCE);
    assert!(ran.status.success(), "{command:?}: {ran:?}");
}

/// Writes until nothing more fits.
pub(crate) fn fill(file: &Path) {
    let mut file = File::create(file).expect("a file");
    while file.write_all(&[1; 1024]).is_ok() {}
}
