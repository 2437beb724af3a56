//! Tests that mount something: in a namespace of their own, so that nothing is mounted for anybody else, and
//! nothing stays.
//!
//! A user namespace makes anybody root there. Where those are switched off, it takes root.

use std::env;
use std::process::Command;

use smoke_testing::{PATIENCE, output};

/// Set inside.
const INSIDE: &str = "SMOKE_CHECKS_NAMESPACE";

/// Runs the body of the test of that full name inside.
pub(crate) fn inside(test: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let ways: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let way = ways.iter().find(|way| {
        let tried = Command::new("unshare").args(**way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let way = way.expect(
        "this test mounts a tmpfs: run it as root, or allow user namespaces (sysctl user.max_user_namespaces), \
         with `unshare` of util-linux",
    );
    let mut again = Command::new("unshare");
    again.args(*way).arg(env::current_exe().unwrap());
    again
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    let ran = output(&mut again, PATIENCE);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Mounts a tmpfs with these options.
pub(crate) fn mount(at: &std::path::Path, options: &str) {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at);
    let ran = output(&mut mount, PATIENCE);
    assert!(ran.status.success(), "{ran:?}");
}
