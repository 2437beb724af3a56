//! A build that aborts on a panic cannot catch one, and says so.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smoke_testing::output;

/// How long a build may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(900);

fn answer(arguments: &[&str]) -> String {
    // A folder of its own: the test itself runs inside cargo, which holds the usual one.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abort");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "run",
            "--quiet",
            "--example",
            "abort",
            "--config",
            "profile.dev.panic='abort'",
        ])
        .args(["--config", "profile.dev.debug=false", "--target-dir"])
        .arg(target)
        .arg("--")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = output(&mut cargo, PATIENCE);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_build_that_aborts_runs_no_test_until_that_is_accepted() {
    let refused = answer(&[]);
    assert!(
        refused.starts_with("FAIL\n") && refused.contains("tests run: 0\n"),
        "{refused}"
    );
    assert!(
        refused.contains("reason: this build aborts on a panic (panic = \"abort\")"),
        "{refused}"
    );
    assert!(refused.contains(".accept_abort()"), "{refused}");
    let accepted = answer(&["--accept"]);
    assert!(
        accepted.starts_with("PASS\n") && accepted.contains("tests run: 1\n"),
        "{accepted}"
    );
}
