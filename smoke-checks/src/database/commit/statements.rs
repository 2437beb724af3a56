//! What is committed, in words that all of the databases understand.

/// Upper bound of an instance's name, in bytes: the width of its column.
const LONGEST: usize = 64;

/// Writes the one row, which the first of all makes.
pub(super) fn statements(table: &str, instance: &str) -> Vec<String> {
    let instance = plain(instance);
    vec![
        format!("UPDATE {table} SET instance = '{instance}', at = CURRENT_TIMESTAMP WHERE id = 1"),
        // Older servers have a condition only where they have a table.
        format!(
            "INSERT INTO {table} (id, instance, at) SELECT 1, '{instance}', CURRENT_TIMESTAMP \
             FROM (SELECT 1 AS one) AS once WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE id = 1)"
        ),
    ]
}

/// With nothing that could end a text of SQL.
fn plain(name: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || ".-_".contains(*letter);
    let letters = name.chars().take(LONGEST);
    letters
        .map(|letter| if is_plain(&letter) { letter } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_text_of_sql() {
        assert_eq!(plain("shop-7.example_1"), "shop-7.example_1");
        assert_eq!(
            plain("'; DROP TABLE users; --\\é"),
            "---DROP-TABLE-users------"
        );
        assert_eq!(plain(&"x".repeat(100)).len(), LONGEST);
    }
}
