//! Reading a statement that a library shows.

use smoke_core::rollback::redact;

/// Whether a statement can neither commit nor begin a transaction. No more than one, since
/// whatever follows it would have to be read, too.
pub(super) fn leaves_the_transaction(sql: &str) -> bool {
    const HARMLESS: [&str; 11] = [
        "SELECT",
        "WITH",
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "SHOW",
        "EXPLAIN",
        "SAVEPOINT",
        "RELEASE",
        "KILL",
    ];
    let sql = without_binds(sql).trim().trim_end_matches(';');
    // A comment may hold what is carried out.
    if sql.contains(';') || sql.contains("/*") {
        return false;
    }
    let sql = sql.trim_start_matches('(');
    let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("ROLLBACK") => words.next().as_deref() == Some("TO"),
        Some(first) => HARMLESS.contains(&first),
        None => true,
    }
}

/// A statement as a message shows it.
pub(super) fn shortened(sql: &str) -> String {
    const LENGTH: usize = 60;
    let sql = without_binds(sql);
    let mut line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LENGTH) {
        line.truncate(end);
        line.push_str("...");
    }
    redact(&line).into_owned()
}

/// Without what diesel says beside a prepared statement. It stands on one line, and is a comment
/// there.
fn without_binds(sql: &str) -> &str {
    match sql.rsplit_once(" -- binds: [") {
        Some((sql, binds)) if binds.ends_with(']') && !binds.contains('\n') => sql,
        _ => sql,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_says_beside_a_statement_is_not_read() {
        for (sql, leaves) in [
            ("INSERT INTO t VALUES (?) -- binds: [\"a; b\"]", true),
            ("INSERT INTO t VALUES (1) -- binds: [\"/*\"]", true),
            ("SELECT 1 -- binds: []\n; COMMIT -- binds: []", false),
            ("SELECT ' -- binds: ['; COMMIT", false),
        ] {
            assert_eq!(leaves_the_transaction(sql), leaves, "{sql}");
        }
    }

    #[test]
    fn a_long_statement_is_shown_in_short() {
        assert_eq!(shortened("SET\n  x = ?  -- binds: [1]"), "SET x = ?");
        assert_eq!(shortened(&"ä".repeat(61)), format!("{}...", "ä".repeat(60)));
    }
}
