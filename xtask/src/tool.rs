//! Small programs that the tests use.

use anyhow::Result;

use crate::install;

/// The programs, and Debian's packages of them.
const NEEDED: &[(&str, &[&str])] = &[
    // Reads reports as a CI server does.
    ("xmllint", &["libxml2-utils"]),
    // Gives a network of a test's own its loopback.
    ("ip", &["iproute2"]),
    // Sends signals to programs under test.
    ("kill", &["procps"]),
];

/// Installs those that are missing.
pub(crate) fn ensure() -> Result<()> {
    install::programs("small programs", NEEDED)
}
