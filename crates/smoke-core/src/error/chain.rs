//! A chain of errors: what is in it, and how it reads.

use std::error::Error as StdError;

/// A chain of sources that is longer goes round in circles.
const LONGEST: usize = 128;

/// An error and its sources, outermost first.
pub(super) fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| <dyn StdError>::source(*error)).take(LONGEST)
}

/// The causes of what is said, without what stands there already: many errors repeat their source
/// in their own words (`X: Y`, caused by `Y`).
pub(super) fn causes(message: &str, texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for text in texts {
        if says(message, &text) || causes.iter().any(|cause| says(cause, &text)) {
            continue;
        }
        causes.retain(|cause| !says(&text, cause));
        causes.push(text);
    }
    causes
}

/// What is said of an error and of another one that came of it, with what both say once.
pub(super) fn explained(message: &str, consequence: &str) -> String {
    if says(message, consequence) {
        return message.to_owned();
    }
    if says(consequence, message) {
        return consequence.to_owned();
    }
    let is_sentence = |text: &str| text.trim().contains(' ');
    match message.split_once(": ") {
        Some((head, rest)) if is_sentence(rest) && says(consequence, rest) => {
            format!("{head}: {consequence}")
        }
        _ => {
            let parts = consequence.match_indices(": ");
            let own = parts
                .map(|(at, colon)| (&consequence[..at], &consequence[at + colon.len()..]))
                .find(|(_, rest)| is_sentence(rest) && says(message, rest))
                .map_or(consequence, |(own, _)| own);
            format!("{message}; the test ended with: {own}")
        }
    }
}

/// Whether a text has the other one in it, word for word.
pub(super) fn says(text: &str, other: &str) -> bool {
    let other = other.trim();
    let is_of_word = |end: Option<char>| end.is_some_and(char::is_alphanumeric);
    let cuts_a_word = |before: &str, after: &str| {
        is_of_word(before.chars().next_back()) && is_of_word(after.chars().next())
    };
    other.is_empty()
        || text.match_indices(other).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + other.len()..]);
            !cuts_a_word(before, other) && !cuts_a_word(other, after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str, texts: &[&str]) -> Vec<String> {
        causes(message, texts.iter().map(|text| (*text).to_owned()))
    }

    #[test]
    fn no_text_stands_twice_in_a_chain() {
        for (message, texts, left) in [
            ("a: b: c", &["b: c", "c"][..], &[][..]),
            ("a", &["b: c", "c", "d"], &["b: c", "d"]),
            ("a", &["a", "b", "a", "b"], &["b"]),
            ("a", &["c", "b: c"], &["b: c"]),
            ("a", &["b", "", " "], &["b"]),
        ] {
            assert_eq!(of(message, texts), left, "{message}: {texts:?}");
        }
    }

    #[test]
    fn what_an_error_and_its_consequence_say_is_said_once() {
        for (message, consequence, said) in [
            ("busy: a b", "a b", "busy: a b"),
            ("busy", "no order: busy", "no order: busy"),
            ("busy: a b", "no order: a b", "busy: no order: a b"),
            (
                "shut (a b)",
                "no order: a b",
                "shut (a b); the test ended with: no order",
            ),
            (
                "busy: 3",
                "left is: 3",
                "busy: 3; the test ended with: left is: 3",
            ),
        ] {
            assert_eq!(explained(message, consequence), said);
        }
    }

    #[test]
    fn a_part_of_a_word_says_nothing() {
        assert_eq!(of("row 17 is locked", &["7", "lock"]), ["7", "lock"]);
        assert_eq!(of("row 17 is locked", &["17", "is locked"]), [""; 0]);
        assert_eq!(of("the address is ä", &["ä"]), [""; 0]);
        assert_eq!(of("(7)", &["7", "(7)"]), [""; 0]);
    }
}
