//! Texts of somebody else's, as they may stand in the log.

use crate::redact::{beginning, redact};

/// A text on one line, of at most so many characters and without secrets that are known by their
/// form. What could pass for something else in a log is shown as an escape: control characters,
/// and those that change the direction of a text or are not seen.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    // No more is looked at than could be shown, so that no text is slow to redact.
    let mut head = beginning(text, most.saturating_mul(4)).to_owned();
    if head.len() < text.len() {
        head.push('…');
    }
    let redacted = redact(&head);
    let mut shown = String::new();
    for (count, character) in redacted.chars().enumerate() {
        if count == most {
            shown.push('…');
            break;
        }
        if is_seen(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}

fn is_seen(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn it_is_one_line_that_shows_what_is_in_it() {
        assert_eq!(
            one_line("curl/8\n\u{1b}[2Jx\u{202e}y\u{85}", 100),
            r"curl/8\n\u{1b}[2Jx\u{202e}y\u{85}"
        );
        assert_eq!(
            one_line("Süßes/日本 (\"quoted\")", 100),
            "Süßes/日本 (\"quoted\")"
        );
    }

    #[test]
    fn it_is_no_longer_than_that() {
        assert_eq!(one_line("日本語", 3), "日本語");
        assert_eq!(one_line("日本語だ", 3), "日本語…");
        assert_eq!(one_line(&"x".repeat(1 << 20), 5), "xxxxx…");
    }

    #[test]
    fn secrets_are_not_shown_nor_what_is_left_of_them() {
        assert_eq!(
            one_line("at postgres://app:hunter2@db/app", 100),
            "at postgres://app:***@db/app"
        );
        let long = format!("postgres://app:{}@db/app", "hunter2".repeat(100));
        assert!(
            !one_line(&long, 20).contains("hunter"),
            "{}",
            one_line(&long, 20)
        );
    }
}
