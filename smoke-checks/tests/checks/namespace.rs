//! Tests that mount something: in a namespace of their own, so that nothing is mounted for anybody else, and
//! nothing stays.
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
    alone(test, unshare, body);
}

fn unshare(arguments: Vec<String>) -> Command {
    let ways: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let way = ways.iter().find(|way| {
        let tried = Command::new("unshare").args(**way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let way = way.expect(
        "this test mounts a tmpfs: run it as root, or allow user namespaces (sysctl user.max_user_namespaces), \
         with `unshare` of util-linux",
    );
    let mut unshare = Command::new("unshare");
    unshare.args(*way).args(arguments);
    unshare
}

/// Mounts a tmpfs with these options.
pub(crate) fn mount(at: &Path, options: &str) {
    run(Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(at));
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
