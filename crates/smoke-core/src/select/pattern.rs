//! A pattern for the names of tests.

use globset::{GlobBuilder, GlobMatcher};

use crate::Test;

/// Upper bound of a pattern, in bytes: longer than any test's name.
const LONGEST_PATTERN: usize = 256;
const GLOB: [char; 4] = ['*', '?', '[', '{'];

pub(super) enum Pattern {
    Tag(String),
    Prefix(String),
    Glob(GlobMatcher),
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_PATTERN {
            return Err(format!("a pattern is longer than {LONGEST_PATTERN} bytes"));
        }
        if let Some(tag) = text.strip_prefix("tag:") {
            return Ok(Self::Tag(tag.to_owned()));
        }
        if text.is_empty() {
            return Err("a pattern is empty".to_owned());
        }
        let path = segments(text);
        if !text.contains(GLOB) {
            return Ok(Self::Prefix(path));
        }
        let glob = GlobBuilder::new(&path).backslash_escape(false).build();
        glob.map(|glob| Self::Glob(glob.compile_matcher()))
            .map_err(|error| format!("{text:?} is not a valid glob pattern: {}", error.kind()))
    }

    pub(super) fn matches(&self, test: &Test) -> bool {
        let path = || segments(test.name());
        match self {
            Self::Tag(tag) => test.tags.contains(tag),
            Self::Prefix(prefix) => path()
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Glob(glob) => glob.is_match(path()),
        }
    }
}

fn segments(path: &str) -> String {
    path.replace("::", "/").replace('.', "/")
}
