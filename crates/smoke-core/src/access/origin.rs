//! Whether a browser sends a request for a page of this service, or for somebody else's.

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::uri::{Authority, Uri};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// For whom it is sent, as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// For a page of the same origin.
    Own,
    /// For another one's page.
    Other,
    /// Nobody says: no browser, or one that a person has told an address.
    Unsaid,
}

/// What the headers say that no page can set: [`Sec-Fetch-Site`], or where a browser leaves it out (it
/// does so without TLS) `Origin` beside `Host`.
///
/// [`Sec-Fetch-Site`]: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
pub(super) fn site(head: &Parts) -> Site {
    if let Some(site) = head.headers.get(SEC_FETCH_SITE) {
        return match site.as_bytes() {
            b"same-origin" => Site::Own,
            b"none" => Site::Unsaid,
            _ => Site::Other,
        };
    }
    let Some(origin) = head.headers.get(ORIGIN) else {
        return Site::Unsaid;
    };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse().ok());
    match (origin, host(head)) {
        (Some(origin), Some(host)) if is_of(&origin, &host) => Site::Own,
        _ => Site::Other,
    }
}

/// Where the request went to, as the client says: HTTP/2 has it in the URI.
fn host(head: &Parts) -> Option<Authority> {
    let host = head.headers.get(HOST);
    match host {
        Some(host) => host.to_str().ok()?.parse().ok(),
        None => head.uri.authority().cloned(),
    }
}

/// A port that is left out is the scheme's.
fn is_of(origin: &Uri, host: &Authority) -> bool {
    let usual = match origin.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    let port = |at: &Authority| at.port_u16().unwrap_or(usual);
    let origin = origin.authority();
    origin.is_some_and(|origin| {
        origin.host().eq_ignore_ascii_case(host.host()) && port(origin) == port(host)
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn said(headers: &[(&str, &str)]) -> Site {
        let request = headers
            .iter()
            .fold(Request::post("/smoketest/"), |request, (name, value)| {
                request.header(*name, *value)
            });
        site(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_browser_says_for_whose_page() {
        for (value, site) in [
            ("same-origin", Site::Own),
            ("same-site", Site::Other),
            ("cross-site", Site::Other),
            ("none", Site::Unsaid),
            ("Same-Origin", Site::Other),
            ("", Site::Other),
        ] {
            let host = ("host", "shop.example");
            let origin = ("origin", "http://shop.example");
            let headers = [("sec-fetch-site", value), host, origin];
            assert_eq!(said(&headers), site, "{value}");
        }
    }

    #[test]
    fn without_that_the_origin_has_to_be_the_host() {
        for (origin, host, site) in [
            ("http://shop.example", "shop.example", Site::Own),
            ("http://shop.example:80", "shop.example", Site::Own),
            ("https://Shop.example", "shop.example:443", Site::Own),
            ("http://[::1]:3000", "[::1]:3000", Site::Own),
            ("http://shop.example", "shop.example:8080", Site::Other),
            ("http://evil.example", "shop.example", Site::Other),
            ("null", "shop.example", Site::Other),
            ("file://", "shop.example", Site::Other),
            ("shop.example", "shop.example", Site::Other),
            ("", "shop.example", Site::Other),
            ("http://shop.example", "", Site::Other),
        ] {
            let headers = [("origin", origin), ("host", host)];
            assert_eq!(said(&headers), site, "{origin} {host}");
        }
        assert_eq!(said(&[("origin", "http://shop.example")]), Site::Other);
        assert_eq!(said(&[("host", "shop.example")]), Site::Unsaid);
    }
}
