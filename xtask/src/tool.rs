//! The program by which the tests read reports as a CI server does.

use anyhow::Result;

use crate::install;

/// Installs it where it is missing.
pub(crate) fn ensure() -> Result<()> {
    install::programs("a reader of XML", &[("xmllint", &["libxml2-utils"])])
}
