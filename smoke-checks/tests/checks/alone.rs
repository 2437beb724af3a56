//! Tests whose process has to be as no other test's: it has limits, an environment or mounts of its own.

use std::env;
use std::process::Command;

use smoke_testing::{PATIENCE, output};

/// Set inside.
const INSIDE: &str = "SMOKE_CHECKS_ALONE";

/// Runs the body of the test of that full name in a process of its own, which a command starts that is
/// made from the arguments it is to have.
pub(crate) fn alone(test: &str, start: impl FnOnce(Vec<String>) -> Command, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let program = env::current_exe().expect("this program's path");
    let program = program.to_str().expect("a path of Unicode");
    let mut again = start(
        [program, "--exact", test, "--nocapture"]
            .map(str::to_owned)
            .to_vec(),
    );
    let ran = output(again.env(INSIDE, "1"), PATIENCE);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// A command of these arguments.
pub(crate) fn command(arguments: Vec<String>) -> Command {
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]);
    command
}
