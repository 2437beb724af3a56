//! Scripts as programs.

use std::path::Path;
use std::process::Command;

use smoke_testing::{PATIENCE, output};

/// Makes a program of a script. Another process writes it: a child of this one that is just being started would
/// hold it open, and nobody could start it meanwhile.
pub(crate) fn write(program: &Path, script: &str) {
    let write = r#"printf '%s' "$1" > "$0" && chmod +x "$0""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", write]).arg(program).arg(script);
    let wrote = output(&mut shell, PATIENCE);
    assert!(wrote.status.success(), "{wrote:?}");
}
