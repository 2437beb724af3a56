//! The browser that tests drive.

use anyhow::Result;

use crate::install;

/// The programs, and Debian's packages of them. Without a font, a screenshot shows no text.
const NEEDED: &[(&str, &[&str])] = &[
    ("chromium", &["chromium", "fonts-liberation"]),
    ("chromedriver", &["chromium-driver"]),
];

/// Installs those that are missing.
pub(crate) fn ensure() -> Result<()> {
    install::programs("a browser and its driver", NEEDED)
}
