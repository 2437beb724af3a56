//! The table of versions in the guide.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use super::declared::Declared;
use super::version::parts;
use crate::project;

const BEGIN: &str = "<!-- written by cargo xtask minimal -->\n";
const END: &str = "<!-- end -->\n";

type Versions = BTreeMap<String, String>;

/// The table: of each dependency the lowest version that works, and the newest that is tested.
///
/// # Errors
///
/// When cargo has chosen another version than the lowest: it was withdrawn, or another library
/// forces a higher one.
pub(super) fn written(declared: &Declared, lowest: &Versions, newest: &Versions) -> Result<String> {
    let mut table = "| library | lowest | newest tested |\n|---|---|---|\n".to_owned();
    for (name, version) in &declared.lowest {
        let forced = declared.forced.get(name).map_or(&[][..], Vec::as_slice);
        let resolved = lowest
            .get(name)
            .with_context(|| format!("{name} has no version"))?;
        let expected = declared.forced_here(name).unwrap_or(version);
        ensure!(
            parts(resolved) == parts(expected),
            "of {name} cargo chose {resolved} and not {expected}: ask for that in Cargo.toml"
        );
        let mut cell = version.clone();
        for (by, version) in forced {
            let _ = write!(cell, "; {version} with {by}");
        }
        let newest = newest
            .get(name)
            .with_context(|| format!("{name} is not in Cargo.lock"))?;
        let _ = writeln!(table, "| {name} | {cell} | {newest} |");
    }
    Ok(table)
}

/// # Errors
///
/// When the guide says something else.
pub(super) fn check(table: &str) -> Result<()> {
    let (_, text) = guide()?;
    let (_, said, _) = split(&text)?;
    ensure!(
        said == table,
        "docs/adopting.md has other versions: SMOKE_BLESS=1 cargo xtask minimal"
    );
    Ok(())
}

/// Writes the table into the guide.
pub(super) fn bless(table: &str) -> Result<PathBuf> {
    let (path, text) = guide()?;
    let (before, _, after) = split(&text)?;
    fs::write(&path, format!("{before}{table}{after}"))
        .with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}

fn guide() -> Result<(PathBuf, String)> {
    let path = project::root().join("docs").join("adopting.md");
    let text = fs::read_to_string(&path);
    let text = text.with_context(|| format!("failed to read {}", path.display()))?;
    Ok((path, text))
}

/// What stands before the table, the table, and what stands after it.
fn split(text: &str) -> Result<(&str, &str, &str)> {
    let begin = text.find(BEGIN).map(|at| at + BEGIN.len());
    let table = begin.and_then(|begin| Some((begin, begin + text[begin..].find(END)?)));
    let (begin, end) = table.context("docs/adopting.md has no place for the table of versions")?;
    Ok((&text[..begin], &text[begin..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(name: &str, version: &str) -> Versions {
        [(name.to_owned(), version.to_owned())].into()
    }

    fn declared() -> Declared {
        Declared {
            packages: ["shop".to_owned()].into(),
            lowest: versions("tokio", "1.39"),
            forced: BTreeMap::new(),
        }
    }

    #[test]
    fn a_library_has_a_row_with_what_forces_more_on_it() {
        let mut declared = declared();
        let newest = versions("tokio", "1.54.1");
        let table = written(&declared, &versions("tokio", "1.39.0"), &newest).unwrap();
        assert!(table.ends_with("\n| tokio | 1.39 | 1.54.1 |\n"), "{table}");
        let forced = vec![("sqlx".to_owned(), "1.40.2".to_owned())];
        declared.forced.insert("tokio".to_owned(), forced);
        let table = written(&declared, &versions("tokio", "1.40.2"), &newest).unwrap();
        assert!(
            table.ends_with("| tokio | 1.39; 1.40.2 with sqlx | 1.54.1 |\n"),
            "{table}"
        );
    }

    #[test]
    fn a_version_that_cargo_did_not_choose_is_named() {
        let newest = versions("tokio", "1.54.1");
        let error = written(&declared(), &versions("tokio", "1.39.1"), &newest).unwrap_err();
        let said = "of tokio cargo chose 1.39.1 and not 1.39: ask for that in Cargo.toml";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn only_the_table_is_written_anew() {
        let text = format!("# Guide\n{BEGIN}old\n{END}The end.\n");
        let (before, table, after) = split(&text).unwrap();
        assert_eq!((before, table), (&*format!("# Guide\n{BEGIN}"), "old\n"));
        assert_eq!(after, format!("{END}The end.\n"));
        assert!(split("# Guide\n").is_err());
    }
}
