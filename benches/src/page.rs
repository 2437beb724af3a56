//! The tables that are shown, and kept where the environment asks for them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::rounds::Times;

/// The folder in which `cargo xtask bench` collects the pages of `RESULTS.md`.
const FOLDER: &str = "SMOKE_BENCH_PAGES";

/// One part of `RESULTS.md`.
#[derive(Debug)]
pub struct Page {
    text: String,
    has_figures: bool,
}

impl Page {
    /// A page under this heading.
    #[must_use]
    pub fn new(heading: &str) -> Self {
        Self {
            text: format!("## {heading}\n"),
            has_figures: false,
        }
    }

    /// Adds a paragraph.
    pub fn say(&mut self, text: &str) {
        let _ = write!(self.text, "\n{text}\n");
    }

    /// Adds a table, unless nothing in it was asked for.
    pub fn table(&mut self, table: &Table) {
        if table.has_rows {
            let _ = write!(self.text, "\n{}", table.text);
            self.has_figures = true;
        }
    }

    /// Shows the page, and keeps it under this name where pages are collected. One without figures
    /// is neither shown nor kept.
    pub fn show(&self, name: &str) -> Result<()> {
        if !self.has_figures {
            return Ok(());
        }
        println!("{}", self.text);
        let Some(folder) = std::env::var_os(FOLDER) else {
            return Ok(());
        };
        let file = Path::new(&folder).join(format!("{name}.md"));
        fs::write(&file, &self.text).with_context(|| format!("failed to write {}", file.display()))
    }
}

/// A table of Markdown.
#[derive(Debug)]
pub struct Table {
    text: String,
    has_rows: bool,
}

impl Table {
    /// A table with these columns, the first of names and the others of figures.
    #[must_use]
    pub fn new<C: AsRef<str>>(columns: &[C]) -> Self {
        let mut text = String::new();
        for column in columns {
            let _ = write!(text, "| {} ", column.as_ref());
        }
        let figures = "---:|".repeat(columns.len() - 1);
        let _ = write!(text, "|\n|---|{figures}\n");
        Self {
            text,
            has_rows: false,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, figures: &[String]) {
        let _ = writeln!(self.text, "| {name} | {} |", figures.join(" | "));
        self.has_rows = true;
    }
}

/// The least and the median, in milliseconds.
#[must_use]
pub fn millis(times: &Times) -> String {
    format!("{} / {}", figure(times.least()), figure(times.median()))
}

/// The same, and how many times the other's median that is.
#[must_use]
pub fn beside(times: &Times, bare: &Times) -> String {
    format!("{} (**{:.2}**)", millis(times), times.ratio(bare))
}

/// Milliseconds, in three digits or more.
#[must_use]
pub fn figure(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    let decimals = match millis {
        0.0..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{millis:.decimals$}")
}
