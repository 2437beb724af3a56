//! A configuration that the documentation gives, with the addresses of a test.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of `docs/probers`, and what is to stand in the place of what it names.
#[derive(Clone, Debug)]
pub struct Configuration {
    text: String,
}

impl Configuration {
    /// Where the files are.
    #[must_use]
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/probers")
    }

    /// Reads a file.
    #[must_use]
    pub fn of(file: &str) -> Self {
        let path = Self::folder().join(file);
        let text = fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { text }
    }

    /// Replaces a part, which has to be there.
    #[must_use]
    pub fn with(mut self, part: &str, by: &str) -> Self {
        assert!(self.text.contains(part), "{part:?} is not in {}", self.text);
        self.text = self.text.replace(part, by);
        self
    }

    /// Takes out the line with this part, which has to be there.
    #[must_use]
    pub fn without_line(self, part: &str) -> Self {
        let mut lines = self.text.lines();
        let line = lines
            .find(|line| line.contains(part))
            .unwrap_or(part)
            .to_owned();
        self.with(&format!("{line}\n"), "")
    }

    /// Adds lines to the end.
    #[must_use]
    pub fn and(mut self, lines: &str) -> Self {
        self.text.push_str(lines);
        self
    }

    /// Writes it to a folder, for a program.
    #[must_use]
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, &self.text).unwrap();
        path
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
