//! One line of a text answer: no control characters, not overlong.

/// The bytes a line may have, so that three lines fit an answer whatever they say.
pub(crate) const LIMIT: usize = 1024;

const ELLIPSIS: char = '…';

/// The text on one line, cut where it is longer than [`LIMIT`].
///
/// Control characters and Unicode's line separators are shown as escapes. Backslashes stay as they are,
/// since people read this.
pub(crate) fn of(text: &str) -> String {
    let mut line = String::new();
    let mut cut = 0;
    for char in text.chars() {
        if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
        if line.len() + ELLIPSIS.len_utf8() <= LIMIT {
            cut = line.len();
        }
        if line.len() > LIMIT {
            line.truncate(cut);
            line.push(ELLIPSIS);
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, of};

    #[test]
    fn control_characters_are_shown_as_escapes() {
        assert_eq!(of("a\nb\r\tc\u{1b}[0m\0"), r"a\nb\r\tc\u{1b}[0m\u{0}");
        assert_eq!(
            of("a\u{85}b\u{2028}c\u{2029}d"),
            r"a\u{85}b\u{2028}c\u{2029}d"
        );
        assert_eq!(of(r#"C:\new "quoted" é 日本"#), r#"C:\new "quoted" é 日本"#);
    }

    #[test]
    fn a_line_of_the_limit_is_whole_and_a_longer_one_is_cut() {
        let whole = "x".repeat(LIMIT);
        assert_eq!(of(&whole), whole);
        assert_eq!(
            of(&"x".repeat(LIMIT + 1)),
            format!("{}…", "x".repeat(LIMIT - 3))
        );
    }

    #[test]
    fn characters_and_escapes_are_not_cut_through() {
        for pad in 0..8 {
            for piece in ["日", "🦀", "\u{1b}", "\n"] {
                let line = of(&("x".repeat(pad) + &piece.repeat(LIMIT)));
                assert!(line.len() <= LIMIT);
                let shown = of(piece);
                let pieces = line.trim_start_matches('x').trim_end_matches('…');
                assert_eq!(pieces, shown.repeat(pieces.len() / shown.len()));
            }
        }
    }
}
