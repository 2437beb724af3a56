//! The tests that would run.

use serde::Serialize;
use smoke_core::{Kind, Test};

use crate::plain::one_line;

/// What is known of a test before it has run.
#[derive(Serialize)]
struct Listed<'t> {
    name: &'t str,
    class: &'t str,
    kind: Kind,
    slow: bool,
    tags: &'t [String],
    description: Option<&'t str>,
    skip: Option<&'t str>,
}

/// A name a line. `more` adds what is known of each test.
pub(crate) fn text(tests: &[&Test], more: bool) -> String {
    tests
        .iter()
        .map(|test| {
            let more = if more { details(test) } else { String::new() };
            format!("{}{more}\n", one_line(test.name()))
        })
        .collect()
}

fn details(test: &Test) -> String {
    let slow = if test.is_slow() { ", slow" } else { "" };
    let tags = test
        .tag_list()
        .iter()
        .map(|tag| format!(", tag:{}", one_line(tag)));
    let tags: String = tags.collect();
    let said = test.summary().map(|said| format!("  {}", one_line(said)));
    let skip = test
        .skip_reason()
        .map(|why| format!("  skipped: {}", one_line(why)));
    let (said, skip) = (said.unwrap_or_default(), skip.unwrap_or_default());
    format!("  [{}{slow}{tags}]{said}{skip}", test.kind())
}

/// An array with an object for each test.
pub(crate) fn json(tests: &[&Test]) -> serde_json::Result<String> {
    let listed = tests.iter().map(|test| Listed {
        name: test.name(),
        class: test.class(),
        kind: test.kind(),
        slow: test.is_slow(),
        tags: test.tag_list(),
        description: test.summary(),
        skip: test.skip_reason(),
    });
    let listed: Vec<_> = listed.collect();
    serde_json::to_string(&listed).map(|json| json + "\n")
}
