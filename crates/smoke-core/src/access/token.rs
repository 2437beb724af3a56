//! The tokens: several, so that one can be replaced by another while clients still send the first.

use subtle::{Choice, ConstantTimeEq};

/// Nothing of them is ever shown.
#[derive(Default)]
pub(crate) struct Tokens(Vec<String>);

impl Tokens {
    pub(crate) fn add(&mut self, token: String) {
        self.0.push(token);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them. How long that takes does not say which, nor how much of one was right.
    pub(crate) fn has(&self, shown: &[u8]) -> bool {
        let tokens = self.0.iter();
        tokens
            .fold(Choice::from(0), |found, token| {
                found | shown.ct_eq(token.as_bytes())
            })
            .into()
    }

    /// What keeps one of them from ever being sent.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.0.iter().any(|token| token.trim().is_empty()) {
            Some("the token is empty: is its environment variable set?")
        } else if !self.0.iter().all(|token| can_be_sent(token)) {
            Some(
                "the token has blanks around it, or characters that a header cannot have: does its file end with a newline?",
            )
        } else {
            None
        }
    }
}

fn can_be_sent(token: &str) -> bool {
    token.trim() == token && http::HeaderValue::from_str(token).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(tokens: &[&str]) -> Tokens {
        Tokens(tokens.iter().copied().map(str::to_owned).collect())
    }

    #[test]
    fn only_the_whole_of_one_of_them_will_do() {
        let tokens = tokens(&["s3cret", "n3xt"]);
        for right in ["s3cret", "n3xt"] {
            assert!(tokens.has(right.as_bytes()), "{right}");
        }
        for wrong in [
            "s3cre",
            "s3crett",
            "s3cretn3xt",
            "s3cret n3xt",
            "",
            "\u{e9}",
        ] {
            assert!(!tokens.has(wrong.as_bytes()), "{wrong}");
        }
        assert!(!Tokens::default().has(b""));
    }

    #[test]
    fn one_that_cannot_be_sent_is_named_wherever_it_stands() {
        assert_eq!(tokens(&["s3cret", "n3xt"]).problem(), None);
        for token in ["", "  ", "s3cret\n", " s3cret", "s3\ncret"] {
            assert!(tokens(&[token]).problem().is_some(), "{token:?}");
            assert!(tokens(&["s3cret", token]).problem().is_some(), "{token:?}");
        }
    }
}
