//! Texts of tests as they may be shown on a terminal.

/// The text on one line. Control characters, by which it could command the terminal, are shown as
/// escapes.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

/// The same, on the lines that the text has.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(|line| one_line(&line.replace('\t', "    ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\nc"), r"a\u{1b}[2Jb\nc");
        let shown: Vec<_> = lines("a\u{1b}]0;x\u{7}\r\n\tb\rc").collect();
        assert_eq!(shown, [r"a\u{1b}]0;x\u{7}", r"    b\rc"]);
    }
}
