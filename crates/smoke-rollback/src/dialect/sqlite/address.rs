//! Opening a database's file only where it is there.
//!
//! SQLite makes a file that is missing if it is asked to, and some libraries always ask. In a
//! sandbox that would leave an empty database where production's file was moved away. A look before
//! the file is opened does not prevent that, since it may vanish between the two: only the mode of
//! a [URI](https://www.sqlite.org/uri.html) does.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::read_message;
use crate::Fault;

const SCHEME: &str = "file:";

/// What means something else in the path of a URI.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The same database, a path or a `file:` URI, as a URI that SQLite opens for reading and writing,
/// and without making the file.
///
/// A mode that asks for less (`ro`, `memory`) is kept, and so is every other option.
///
/// # Examples
///
/// ```
/// use smoke_rollback::dialect::sqlite::address::existing;
///
/// assert_eq!(existing("/srv/50%.db"), "file:///srv/50%25.db?mode=rw");
/// assert_eq!(existing("file:app.db?cache=shared&mode=rwc"), "file:app.db?cache=shared&mode=rw");
/// ```
#[must_use]
pub fn existing(database: &str) -> String {
    let Some(uri) = database.strip_prefix(SCHEME) else {
        // Two slashes at the beginning of a path would announce the name of a host.
        let host = if database.starts_with('/') { "//" } else { "" };
        let path = utf8_percent_encode(database, PATH);
        return format!("{SCHEME}{host}{path}?mode=rw");
    };
    let uri = uri.split('#').next().unwrap_or_default();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut has_mode = false;
    let options = query.split('&').filter(|option| !option.is_empty());
    let mut options: Vec<_> = options
        .map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let is_mode = decoded(name) == "mode";
            has_mode |= is_mode;
            match is_mode && decoded(value) == "rwc" {
                true => "mode=rw",
                false => option,
            }
        })
        .collect();
    if !has_mode {
        options.push("mode=rw");
    }
    format!("{SCHEME}{path}?{}", options.join("&"))
}

/// What SQLite said when it could not open that database, and that the file is not there where that
/// is why.
#[must_use]
pub fn explained(said: &str, database: &str) -> String {
    let missing = match read_message(said) {
        Fault::Lost => file(database).filter(|file| is_missing(file)),
        _ => None,
    };
    match missing {
        Some(file) => {
            let whole = std::path::absolute(&file).unwrap_or(file);
            let whole = whole.display();
            format!("the database file is not there: {whole} ({said})")
        }
        None => said.to_owned(),
    }
}

/// The file of a database, if it has one.
fn file(database: &str) -> Option<PathBuf> {
    let path = match database.strip_prefix(SCHEME) {
        None => Cow::Borrowed(database),
        Some(uri) => {
            let path = uri.split(['?', '#']).next().unwrap_or_default();
            decoded(match path.strip_prefix("//") {
                Some(rest) => &rest[rest.find('/')?..],
                None => path,
            })
        }
    };
    let has_one = !path.is_empty() && path != ":memory:";
    has_one.then(|| PathBuf::from(path.into_owned()))
}

/// Where a link leads counts, as it does for SQLite.
fn is_missing(file: &Path) -> bool {
    file.try_exists().is_ok_and(|exists| !exists)
}

/// As SQLite reads it: a nul ends it.
fn decoded(part: &str) -> Cow<'_, str> {
    let part = part.split("%00").next().unwrap_or_default();
    percent_decode_str(part).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_the_same_path() {
        for (path, uri) in [
            ("app.db", "file:app.db?mode=rw"),
            ("./a b/app.db", "file:./a b/app.db?mode=rw"),
            ("/srv/app.db", "file:///srv/app.db?mode=rw"),
            ("//srv/app.db", "file:////srv/app.db?mode=rw"),
            ("100%41?mode=rwc#x", "file:100%2541%3Fmode=rwc%23x?mode=rw"),
            ("smörgås.db", "file:sm%C3%B6rg%C3%A5s.db?mode=rw"),
            (":memory:", "file::memory:?mode=rw"),
            ("", "file:?mode=rw"),
        ] {
            assert_eq!(existing(path), uri);
            let whole = file(&existing(path));
            assert_eq!(whole, file(path), "{path}");
        }
    }

    #[test]
    fn a_uri_keeps_its_options_but_makes_no_file() {
        for (before, after) in [
            ("file:app.db", "file:app.db?mode=rw"),
            ("file:app.db?", "file:app.db?mode=rw"),
            ("file:app.db#x?mode=rwc", "file:app.db?mode=rw"),
            ("file:///srv/app.db?mode=rwc", "file:///srv/app.db?mode=rw"),
            ("file:a?cache=shared", "file:a?cache=shared&mode=rw"),
            ("file:a?mode=rwc&vfs=unix", "file:a?mode=rw&vfs=unix"),
            ("file:a?%6dode=r%77c", "file:a?mode=rw"),
            ("file:a?mode%00x=rwc%00x", "file:a?mode=rw"),
            ("file:a?mode=ro", "file:a?mode=ro"),
            ("file:a?mode=memory&x", "file:a?mode=memory&x"),
            ("file:a?mode=rw&mode=rwc", "file:a?mode=rw&mode=rw"),
            ("file:a%3f?mode=rwc=", "file:a%3f?mode=rwc="),
            ("file:a?MODE=rwc", "file:a?MODE=rwc&mode=rw"),
        ] {
            assert_eq!(existing(before), after);
            assert_eq!(existing(after), after);
        }
    }

    #[test]
    fn the_file_of_a_uri_is_found() {
        for (database, path) in [
            ("file:///srv/a%20b.db?mode=rw", Some("/srv/a b.db")),
            ("file://localhost/srv/app.db", Some("/srv/app.db")),
            ("file:app.db#x", Some("app.db")),
            ("file:///srv/app%00.db", Some("/srv/app")),
            ("file://host", None),
            ("file::memory:", None),
            ("file:?mode=rw", None),
        ] {
            assert_eq!(file(database).as_deref(), path.map(Path::new), "{database}");
        }
    }

    #[test]
    fn only_a_file_that_is_missing_is_said_to_be() {
        const SAID: &str = "unable to open database file";
        let here = env!("CARGO_MANIFEST_DIR");
        let nowhere = existing(&format!("{here}/100%/app.db"));
        assert_eq!(
            explained(SAID, &nowhere),
            format!("the database file is not there: {here}/100%/app.db ({SAID})")
        );
        assert_eq!(
            explained("database is locked", &nowhere),
            "database is locked"
        );
        assert_eq!(explained(SAID, &existing(here)), SAID);
        assert_eq!(explained(SAID, ":memory:"), SAID);
    }
}
