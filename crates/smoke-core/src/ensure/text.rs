//! Values and expressions as a message shows them: short, and on one line.

use std::fmt::{self, Write};

/// How many characters of a value are shown.
const LONGEST: usize = 200;

/// The value by `Debug`.
pub(super) fn value(value: &dyn fmt::Debug) -> String {
    shown(format_args!("{value:?}"))
}

/// Source text, as `stringify!` gives it.
pub(super) fn source(text: &str) -> String {
    shown(format_args!("{text}"))
}

fn shown(arguments: fmt::Arguments<'_>) -> String {
    let mut line = Line::default();
    // The only error is the one that says enough was written, or one of the value's own: what was
    // written until then is what there is to show.
    let _ = line.write_fmt(arguments);
    line.text
}

/// Takes the first characters, turns line breaks and the indentation after them into one space,
/// and then refuses the rest, so that a huge value costs no more than what is shown of it.
#[derive(Default)]
struct Line {
    text: String,
    length: usize,
    broken: bool,
    full: bool,
}

impl Line {
    fn push(&mut self, character: char) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        if self.length == LONGEST {
            self.full = true;
            self.text.push('…');
            return Err(fmt::Error);
        }
        self.length += 1;
        self.text.push(character);
        Ok(())
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if matches!(character, '\n' | '\r') {
                self.broken = true;
            } else if !self.broken {
                self.push(character)?;
            } else if !character.is_whitespace() {
                self.broken = false;
                self.push(' ')?;
                self.push(character)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_200_characters_is_whole_and_a_longer_one_is_cut() {
        assert_eq!(source(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(source(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
        assert_eq!(value(&"é".repeat(1000)), format!("\"{}…", "é".repeat(199)));
    }

    #[test]
    fn a_huge_value_is_not_formatted_to_its_end() {
        struct Endless;
        impl fmt::Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("and on ")?;
                }
            }
        }
        assert_eq!(value(&Endless).chars().count(), 201);
    }

    #[test]
    fn line_breaks_become_one_space() {
        assert_eq!(source("{\r\n    one;\n\n    two\n}\n"), "{ one; two }");
        assert_eq!(value(&"a\nb"), r#""a\nb""#);
    }

    #[test]
    fn a_value_that_refuses_to_be_shown_is_no_panic() {
        struct Refuses;
        impl fmt::Debug for Refuses {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(value(&Refuses), "half");
    }
}
