//! What a statement does to the transaction, by its first words.
//!
//! Whatever cannot be told apart is taken for something that ends it: no savepoint is then set.

/// What a statement does to the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Begins,
    Ends,
    Sets(String),
    Releases(String),
    GoesBackTo(String),
    /// Nobody knows.
    Unclear,
}

/// What the statements of a query do to the transaction, where they do anything.
///
/// A semicolon within a literal splits it, too: what is then found is found in addition.
pub(super) fn changes(sql: &[u8]) -> Vec<Change> {
    let Ok(sql) = std::str::from_utf8(sql) else {
        return vec![Change::Unclear];
    };
    sql.split(';').filter_map(change).collect()
}

fn change(statement: &str) -> Option<Change> {
    let Some(statement) = without_comments(statement) else {
        return Some(Change::Unclear);
    };
    let mut words = statement.split_ascii_whitespace();
    let first = words.next()?.to_ascii_uppercase();
    match first.as_str() {
        "BEGIN" | "START" => Some(Change::Begins),
        "COMMIT" | "END" => Some(Change::Ends),
        "ROLLBACK" | "ABORT" => Some(match words.find(|word| !is_noise(word)) {
            Some(to) if to.eq_ignore_ascii_case("TO") => named(words, Change::GoesBackTo),
            _ => Change::Ends,
        }),
        "SAVEPOINT" => Some(named(words, Change::Sets)),
        "RELEASE" => Some(named(words, Change::Releases)),
        "PREPARE" => words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("TRANSACTION"))
            .then_some(Change::Ends),
        // `COMMIT/**/AND CHAIN`
        first if first.contains("/*") || first.contains("--") => Some(Change::Unclear),
        _ => None,
    }
}

fn is_noise(word: &str) -> bool {
    word.eq_ignore_ascii_case("WORK") || word.eq_ignore_ascii_case("TRANSACTION")
}

/// The change to the savepoint that comes next.
fn named<'w>(mut words: impl Iterator<Item = &'w str>, change: fn(String) -> Change) -> Change {
    let name = words.next();
    let name = match name {
        Some(word) if word.eq_ignore_ascii_case("SAVEPOINT") => words.next(),
        name => name,
    };
    match (name.and_then(identifier), words.next()) {
        (Some(name), None) => change(name),
        _ => Change::Unclear,
    }
}

fn identifier(word: &str) -> Option<String> {
    let (name, is_plain) = match word.strip_prefix('"') {
        Some(quoted) => (quoted.strip_suffix('"')?.to_owned(), true),
        None => (word.to_ascii_lowercase(), !word.contains("/*")),
    };
    (is_plain && !name.is_empty() && !name.contains('"')).then_some(name)
}

/// The statement from its first word on; nothing where a comment within a comment may be.
fn without_comments(mut statement: &str) -> Option<&str> {
    loop {
        statement = statement.trim_start();
        if let Some(comment) = statement.strip_prefix("--") {
            statement = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = statement.strip_prefix("/*") {
            let (comment, rest) = comment.split_once("*/")?;
            if comment.contains("/*") {
                return None;
            }
            statement = rest;
        } else {
            return Some(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Change::{Begins, Ends, GoesBackTo, Releases, Sets, Unclear};
    use super::*;

    #[test]
    fn an_ordinary_statement_does_nothing_to_the_transaction() {
        for sql in [
            "",
            " ; ",
            "SELECT 1",
            "INSERT INTO t VALUES ('x'); SELECT 1;",
            "PREPARE s AS SELECT 1",
            "-- COMMIT\nSELECT 1",
            "/* COMMIT */ SELECT 1",
            "SELECT 1 -- COMMIT",
            "WITH a AS (SELECT CASE WHEN true THEN 1 END) SELECT * FROM a",
        ] {
            assert_eq!(changes(sql.as_bytes()), [], "{sql}");
        }
    }

    #[test]
    fn savepoints_are_followed_by_name() {
        for (sql, change) in [
            ("SAVEPOINT a", Sets("a".into())),
            ("savepoint\n\"A\"", Sets("A".into())),
            ("SAVEPOINT A", Sets("a".into())),
            ("RELEASE a", Releases("a".into())),
            ("RELEASE SAVEPOINT a", Releases("a".into())),
            ("ROLLBACK TO a", GoesBackTo("a".into())),
            (
                "ROLLBACK TRANSACTION TO SAVEPOINT a",
                GoesBackTo("a".into()),
            ),
        ] {
            assert_eq!(changes(sql.as_bytes()), [change], "{sql}");
        }
    }

    #[test]
    fn what_ends_a_transaction_is_seen_behind_anything() {
        for sql in [
            "COMMIT",
            "end",
            "rollback",
            "ROLLBACK AND CHAIN",
            "/* a */ -- b\n COMMIT",
            "PREPARE TRANSACTION 'x'",
        ] {
            assert_eq!(changes(sql.as_bytes()), [Ends], "{sql}");
        }
        assert_eq!(changes(b"SELECT 1; COMMIT; BEGIN"), [Ends, Begins]);
    }

    #[test]
    fn what_cannot_be_told_is_unclear() {
        for sql in [
            "/* a /* b */ */ COMMIT",
            "/* SELECT 1",
            "SAVEPOINT",
            "SAVEPOINT \"a b\"",
            "SAVEPOINT a/**/",
            "COMMIT/**/AND CHAIN",
        ] {
            assert_eq!(changes(sql.as_bytes()), [Unclear], "{sql}");
        }
        assert_eq!(changes(b"\xff"), [Unclear]);
    }
}
