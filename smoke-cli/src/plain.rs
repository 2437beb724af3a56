//! Texts of tests as they may be shown on a terminal.

use std::borrow::Cow;

/// The text on one line. Control characters, by which it could command the terminal, are shown as
/// escapes.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let commands = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if commands(char) {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    Cow::Owned(line)
}

/// The same, on the lines that the text has.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(|line| one_line(&line.replace('\t', "    ")).into_owned())
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
