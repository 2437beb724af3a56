//! Who may see and do what.

use subtle::ConstantTimeEq;

/// The registry's word on access. Nothing of the token is ever shown.
#[derive(Default)]
pub(crate) struct Access {
    pub(crate) token: Option<String>,
    pub(crate) open: bool,
    pub(crate) strangers_refused: bool,
}

/// What somebody who asks may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Everything.
    Trusted,
    /// The fast tests: verdict, counts, names and outcomes.
    Stranger,
    /// Nothing: a wrong token, or none where one is required.
    Refused,
}

impl Access {
    /// Judges by the value of an `Authorization` header.
    pub(crate) fn viewer(&self, authorization: Option<&[u8]>) -> Viewer {
        if self.open {
            return Viewer::Trusted;
        }
        let Some(token) = &self.token else {
            return Viewer::Stranger;
        };
        match authorization {
            None if self.strangers_refused => Viewer::Refused,
            None => Viewer::Stranger,
            Some(value) => match bearer(value) {
                Some(shown) if bool::from(shown.ct_eq(token.as_bytes())) => Viewer::Trusted,
                _ => Viewer::Refused,
            },
        }
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// What contradicts itself.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match &self.token {
            Some(_) if self.open => {
                Some("the registry has both .token(..) and .open(): keep one of them")
            }
            Some(token) if token.trim().is_empty() => {
                Some("the token is empty: is its environment variable set?")
            }
            Some(token) if !can_be_sent(token) => Some(
                "the token has blanks around it, or characters that a header cannot have: does its file end with a newline?",
            ),
            None if self.strangers_refused => {
                Some("the registry has .require_token() and no .token(..)")
            }
            _ => None,
        }
    }
}

fn can_be_sent(token: &str) -> bool {
    token.trim() == token && http::HeaderValue::from_str(token).is_ok()
}

/// The token of `Bearer token`; the scheme's case does not matter ([RFC 9110]).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-11.1
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(6)?;
    let blank = token.first()? == &b' ';
    (scheme.eq_ignore_ascii_case(b"Bearer") && blank).then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token() -> Access {
        Access {
            token: Some("s3cret".to_owned()),
            ..Access::default()
        }
    }

    #[test]
    fn only_the_whole_token_is_trusted() {
        let access = with_token();
        assert_eq!(access.viewer(Some(b"Bearer s3cret")), Viewer::Trusted);
        assert_eq!(access.viewer(Some(b"bearer   s3cret ")), Viewer::Trusted);
        for wrong in [
            "Bearer s3cre",
            "Bearer s3crett",
            "Bearer",
            "Bearer ",
            "s3cret",
            "Basic s3cret",
            "",
            "\u{e9}",
        ] {
            assert_eq!(
                access.viewer(Some(wrong.as_bytes())),
                Viewer::Refused,
                "{wrong}"
            );
        }
        assert_eq!(access.viewer(None), Viewer::Stranger);
    }

    #[test]
    fn strangers_get_less_or_nothing() {
        assert_eq!(Access::default().viewer(None), Viewer::Stranger);
        assert_eq!(
            Access::default().viewer(Some(b"Bearer x")),
            Viewer::Stranger
        );
        assert_eq!(
            Access {
                strangers_refused: true,
                ..with_token()
            }
            .viewer(None),
            Viewer::Refused
        );
        assert_eq!(
            Access {
                open: true,
                ..Access::default()
            }
            .viewer(None),
            Viewer::Trusted
        );
    }

    #[test]
    fn contradictions_are_named() {
        assert!(with_token().problem().is_none());
        assert!(
            Access {
                open: true,
                ..with_token()
            }
            .problem()
            .is_some()
        );
        assert!(
            Access {
                token: Some("  ".to_owned()),
                ..Access::default()
            }
            .problem()
            .is_some()
        );
        for token in ["s3cret\n", " s3cret", "s3\ncret"] {
            let access = Access {
                token: Some(token.to_owned()),
                ..Access::default()
            };
            assert!(access.problem().is_some(), "{token:?}");
        }
        assert!(
            Access {
                strangers_refused: true,
                ..Access::default()
            }
            .problem()
            .is_some()
        );
    }
}
