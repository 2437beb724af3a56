//! `docs/escapes.md`, written and compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::attempt::Fate;
use crate::corpus::{Row, Tried};
use crate::version::OTHERWISE;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/escapes.md");

const INTRODUCTION: &str = include_str!("page.md");

/// Fails where something stays unseen that should not, and where the page says something else.
pub(crate) fn compare(all: &[Tried]) {
    let page = page(all);
    let blessed = std::env::var_os("SMOKE_BLESS").is_some_and(|bless| bless == "1");
    if blessed {
        std::fs::write(PAGE, &page).unwrap();
    }
    let wrong: Vec<String> = all.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
    let committed = OTHERWISE.iter().fold(committed, |page, (is, was)| {
        assert!(page.contains(is), "{is} is not on the page");
        page.replace(is, was)
    });
    let differences = differences(&committed, &page);
    assert!(
        differences.is_empty(),
        "{} says something else; SMOKE_BLESS=1 writes it anew:\n{differences}",
        Path::new(PAGE).file_name().unwrap().to_string_lossy(),
    );
}

fn differences(committed: &str, found: &str) -> String {
    let only = |sign: char, lines: &str, other: &str| -> String {
        let missing = lines
            .lines()
            .filter(|line| !other.lines().any(|there| there == *line));
        missing.map(|line| format!("{sign} {line}\n")).collect()
    };
    only('-', committed, found) + &only('+', found, committed)
}

/// The ways out that are worse than is known, and those that are better.
fn wrong(tried: &Tried) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in &tried.rows {
        let fates = || row.fates.iter().flatten().flatten();
        let unseen = fates().any(|fate| fate.stays && fate.seen.is_none());
        match (unseen, row.unseen) {
            (true, None) => wrong.push(format!(
                "{}: {}: something stays, and the test passes",
                tried.database, row.name
            )),
            // What is common to all need not be on each.
            (false, Some(_)) if tried.database != "SQLite" => wrong.push(format!(
                "{}: {}: is seen after all",
                tried.database, row.name
            )),
            _ => {}
        }
    }
    wrong
}

fn page(all: &[Tried]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for tried in all {
        table(&mut page, tried).unwrap();
    }
    cannot_be_detected(&mut page, all).unwrap();
    page
}

fn table(page: &mut String, tried: &Tried) -> std::fmt::Result {
    write!(page, "\n## {}\n\n| way out |", tried.database)?;
    for column in &tried.columns {
        write!(page, " {column} |")?;
    }
    writeln!(page, "\n|---|{}", "---|".repeat(tried.columns.len()))?;
    for row in &tried.rows {
        write!(page, "| {} |", row.name)?;
        for fate in &row.fates {
            write!(page, " {} |", cell(row, fate.as_ref()))?;
        }
        writeln!(page)?;
    }
    Ok(())
}

fn cell(row: &Row, fate: Option<&[Fate; 2]>) -> String {
    match fate {
        None => "-".to_owned(),
        Some([handler, test]) if handler == test => words(row, handler),
        Some([handler, test]) => {
            format!(
                "request: {}; test: {}",
                words(row, handler),
                words(row, test)
            )
        }
    }
}

fn words(_: &Row, fate: &Fate) -> String {
    let mut words = Vec::new();
    if fate.stays {
        words.push("**stays**".to_owned());
    }
    if fate.refused {
        words.push("refused".to_owned());
    }
    match fate.seen {
        Some(verdict) => words.push(format!("seen: {verdict}")),
        None if fate.stays => words.push("**not detected**".to_owned()),
        None if !fate.refused => words.push("rolled back".to_owned()),
        None => {}
    }
    words.join(", ")
}

fn cannot_be_detected(page: &mut String, all: &[Tried]) -> std::fmt::Result {
    let mut ways: BTreeMap<&str, (Vec<&str>, &str)> = BTreeMap::new();
    for tried in all {
        for row in &tried.rows {
            let mut fates = row.fates.iter().flatten().flatten();
            if let (Some(why), true) = (
                row.unseen,
                fates.any(|fate| fate.stays && fate.seen.is_none()),
            ) {
                let way = ways.entry(row.name).or_insert((Vec::new(), why));
                way.0.push(tried.database);
            }
        }
    }
    write!(
        page,
        "\n## What cannot be detected\n\n| way out | on | why |\n|---|---|---|\n"
    )?;
    for (name, (databases, why)) in ways {
        writeln!(page, "| {name} | {} | {why} |", databases.join(", "))?;
    }
    Ok(())
}
