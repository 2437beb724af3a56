//! The beginning of a text that somebody else writes.

use std::fmt::{self, Write};

use crate::redact::{READ, beginning};

/// What a value displays. No more of it is taken than is read of a text, and `…` stands for the
/// rest: a value that writes without end is stopped.
pub(crate) fn capped(value: impl fmt::Display) -> String {
    let mut capped = Capped::default();
    // The only error is the one that says enough was written, or one of the value's own: what was
    // written until then is what there is.
    let _ = write!(capped, "{value}");
    capped.text
}

#[derive(Default)]
struct Capped {
    text: String,
    full: bool,
}

impl Write for Capped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        let part = beginning(text, READ - self.text.len());
        self.text.push_str(part);
        if part.len() < text.len() {
            self.full = true;
            self.text.push('…');
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes until it is told that nobody listens, and once more.
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            while f.write_str("and on ").is_ok() {}
            f.write_str("and on ")
        }
    }

    #[test]
    fn a_text_without_end_is_stopped_and_a_short_one_is_whole() {
        assert_eq!(capped("left is 3"), "left is 3");
        assert_eq!(capped("é".repeat(READ / 2)), "é".repeat(READ / 2));
        let said = capped(Endless);
        assert_eq!(said.matches('…').count(), 1);
        assert!(said.len() <= READ + "…".len(), "{}", said.len());
    }

    #[test]
    fn a_value_that_refuses_to_be_shown_is_no_panic() {
        struct Refuses;
        impl fmt::Display for Refuses {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(capped(Refuses), "half");
    }
}
