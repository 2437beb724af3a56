//! The token, as a request has it.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// How the token is shown ([RFC 9110], the scheme's case does not matter).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-11.1
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credentials<'h> {
    /// `Bearer token`: a program's.
    Bearer(&'h [u8]),
    /// `Basic base64(user:token)`: a browser's, which sends it with each request, also those of other sites' pages.
    #[cfg(feature = "page")]
    Basic(Vec<u8>),
}

impl<'h> Credentials<'h> {
    /// Those of a request; none where they cannot be read, or are of another scheme.
    pub(super) fn of(headers: &'h HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.as_bytes();
        let shown = after("Bearer", value).map(Self::Bearer);
        #[cfg(feature = "page")]
        let shown = shown.or_else(|| password(after("Basic", value)?).map(Self::Basic));
        shown
    }
}

fn after<'v>(scheme: &str, value: &'v [u8]) -> Option<&'v [u8]> {
    let (named, rest) = value.split_at_checked(scheme.len())?;
    let blank = rest.first()? == &b' ';
    (named.eq_ignore_ascii_case(scheme.as_bytes()) && blank).then(|| rest.trim_ascii())
}

/// The password of [RFC 7617]. The name before it says nothing here.
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
#[cfg(feature = "page")]
fn password(encoded: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;

    let mut pair = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair.split_off(colon + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let value = http::HeaderValue::from_static(value);
        HeaderMap::from_iter([(AUTHORIZATION, value)])
    }

    #[test]
    fn a_program_shows_the_token_alone() {
        for value in ["Bearer s3cret", "bearer   s3cret "] {
            let headers = headers(value);
            let shown = Credentials::of(&headers);
            assert_eq!(shown, Some(Credentials::Bearer(b"s3cret")), "{value}");
        }
        for value in ["Bearer", "s3cret", "Digest s3cret", "", "Bearers3cret x"] {
            assert_eq!(Credentials::of(&headers(value)), None, "{value}");
        }
    }

    #[cfg(feature = "page")]
    #[test]
    fn a_browser_shows_it_as_the_password_of_any_name() {
        for (value, password) in [
            ("Basic b3BzOnMzY3JldA==", "s3cret"),
            ("basic OnMzY3JldA==", "s3cret"),
            ("Basic b3BzOmE6Yg==", "a:b"),
        ] {
            let headers = headers(value);
            let wanted = Some(Credentials::Basic(password.into()));
            assert_eq!(Credentials::of(&headers), wanted, "{value}");
        }
        for value in ["Basic s3cret", "Basic", "Basic b3Bz"] {
            assert_eq!(Credentials::of(&headers(value)), None, "{value}");
        }
    }
}
