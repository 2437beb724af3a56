//! System libraries that the tests are linked with.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::install;

/// What the linker looks for, and Debian's packages that bring it and say where it is.
const NEEDED: &[(&str, &[&str])] = &[
    ("libpq.so", &["libpq-dev"]),
    ("libmariadb.so", &["libmariadb-dev", "pkg-config"]),
];

/// Installs those that are missing.
pub(crate) fn ensure() -> Result<()> {
    let missing: Vec<_> = NEEDED
        .iter()
        .filter(|(file, _)| !is_installed(file))
        .flat_map(|(_, packages)| *packages)
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install::install("libraries", &missing)
}

/// Asks the compiler, which prints the path of what it finds and the bare name of what it does not.
fn is_installed(file: &str) -> bool {
    let asked = Command::new("cc")
        .arg(format!("-print-file-name={file}"))
        .output();
    asked.is_ok_and(|answer| {
        let path = String::from_utf8_lossy(&answer.stdout);
        Path::new(path.trim()).is_absolute()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_nothing_else() {
        assert!(is_installed("libc.so.6"));
        assert!(!is_installed("libnosuchlibrary.so"));
    }
}
