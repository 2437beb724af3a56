//! What a message shows of an answer.

/// How many characters of it.
const LIMIT: usize = 200;

/// The beginning of a body, on one line.
pub(super) fn of_body(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok("") => "(empty body)".to_owned(),
        Ok(text) => of_text(text),
        Err(_) => format!("(binary, {} bytes)", body.len()),
    }
}

/// The beginning of a text, with its control characters escaped.
pub(super) fn of_text(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown = String::new();
    for char in chars.by_ref().take(LIMIT) {
        if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_on_one_line() {
        assert_eq!(of_body(b""), "(empty body)");
        assert_eq!(of_body(&[0xff; 5]), "(binary, 5 bytes)");
        assert_eq!(
            of_body(b"{\"a\":\r\n \"\x1b[0m\"}"),
            r#"{"a":\r\n "\u{1b}[0m"}"#
        );
    }

    #[test]
    fn a_body_of_200_characters_is_whole_and_a_longer_one_is_cut() {
        let whole = "日".repeat(200);
        assert_eq!(of_body(whole.as_bytes()), whole);
        assert_eq!(of_body(format!("{whole}x").as_bytes()), whole + "…");
    }
}
