//! For whom a request was forwarded, as the proxies on its way have written it down.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderName, VIA};
use http::{HeaderMap, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A request with one of these headers was forwarded. So was one with any `x-forwarded` header.
const OF_PROXIES: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "true-client-ip",
    "cf-connecting-ip",
];

/// Those that hold one address: the client's, as somebody on the way saw it.
const OF_ONE_ADDRESS: [&str; 5] = [
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];

/// The addresses from a client to the last proxy but one, oldest first.
pub(super) type Way = Vec<IpAddr>;

/// Whether the head of a request shows that a proxy has passed it on.
pub(super) fn was_forwarded(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .map(HeaderName::as_str)
        .any(|name| name.starts_with("x-forwarded") || OF_PROXIES.contains(&name))
}

/// The ways that `Forwarded` ([RFC 7239]) and `X-Forwarded-For` tell. None where one of them cannot
/// be read, or has a place that hides its address.
///
/// Nothing that an earlier sender wrote can change how the last entry is read: a comma always ends
/// an entry, also within what looks like a quoted string.
///
/// [RFC 7239]: https://www.rfc-editor.org/rfc/rfc7239
pub(super) fn ways(headers: &HeaderMap) -> Option<Vec<Way>> {
    type Read = fn(&str) -> Option<IpAddr>;
    let told: [(HeaderName, Read); 2] = [(FORWARDED, element), (X_FORWARDED_FOR, node)];
    let there = told.iter().filter(|(name, _)| headers.contains_key(name));
    there
        .map(|(name, read)| entries(headers, name)?.into_iter().map(read).collect())
        .collect()
}

/// The addresses that proxies name in headers for one address. None where one of them cannot be read.
pub(super) fn named(headers: &HeaderMap) -> Option<Vec<IpAddr>> {
    let values = OF_ONE_ADDRESS
        .iter()
        .flat_map(|name| headers.get_all(*name));
    values.map(|value| node(value.to_str().ok()?)).collect()
}

/// How many proxies say that they passed a request on.
pub(super) fn hops(headers: &HeaderMap) -> usize {
    let values = headers.get_all(VIA).iter().map(HeaderValue::as_bytes);
    values
        .flat_map(|value| value.split(|byte| *byte == b','))
        .count()
}

fn entries<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Vec<&'h str>> {
    let values = headers.get_all(name).iter().map(HeaderValue::to_str);
    let values: Vec<&str> = values.collect::<Result<_, _>>().ok()?;
    Some(values.iter().flat_map(|value| value.split(',')).collect())
}

/// The address of `for=..` in an element of `Forwarded`.
fn element(element: &str) -> Option<IpAddr> {
    let mut of = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then(|| value.trim())
    });
    let (value, None) = (of.next()?, of.next()) else {
        return None;
    };
    let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
    node(quoted.unwrap_or(Some(value))?)
}

/// An address, with or without its port, and in brackets where it is IPv6's.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: Option<IpAddr> = text.parse().ok().or_else(bracketed);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    address
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(headers: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn told(list: &[(&'static str, &str)]) -> Option<Vec<Vec<String>>> {
        let text = |way: Way| way.iter().map(IpAddr::to_string).collect();
        Some(ways(&headers(list))?.into_iter().map(text).collect())
    }

    #[test]
    fn each_header_tells_a_way_from_the_client_on() {
        assert_eq!(told(&[("via", "1.1 proxy")]), Some(Vec::new()));
        assert_eq!(
            told(&[
                ("x-forwarded-for", "192.0.2.1, [2001:db8::1]:443"),
                (
                    "x-forwarded-for",
                    "::ffff:10.0.0.7,10.0.0.8:80 ,2001:db8::2"
                ),
            ])
            .unwrap()
            .concat(),
            [
                "192.0.2.1",
                "2001:db8::1",
                "10.0.0.7",
                "10.0.0.8",
                "2001:db8::2"
            ]
        );
        assert_eq!(
            told(&[
                (
                    "forwarded",
                    "For=192.0.2.1;proto=http;by=10.0.0.1, for=\"[2001:db8::1]:4711\""
                ),
                ("x-forwarded-for", "192.0.2.9"),
            ])
            .unwrap(),
            [vec!["192.0.2.1", "2001:db8::1"], vec!["192.0.2.9"]]
        );
    }

    #[test]
    fn a_place_that_hides_its_address_hides_the_way() {
        for (name, value) in [
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "192.0.2.1,"),
            ("x-forwarded-for", "unknown, 192.0.2.1"),
            ("x-forwarded-for", "192.0.2.1/24"),
            ("x-forwarded-for", "fe80::1%eth0"),
            ("x-forwarded-for", "[192.0.2.1"),
            ("x-forwarded-for", "shop.example"),
            ("forwarded", "192.0.2.1"),
            ("forwarded", "for=_hidden"),
            ("forwarded", "for=unknown"),
            ("forwarded", "by=192.0.2.1"),
            ("forwarded", "for=192.0.2.1;for=10.0.0.1"),
            ("forwarded", "for=\"192.0.2.1"),
        ] {
            assert_eq!(told(&[(name, value)]), None, "{name}: {value}");
        }
    }

    #[test]
    fn what_only_proxies_add_shows_one() {
        for name in [
            "via",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-real-ip",
        ] {
            assert!(was_forwarded(&headers(&[(name, "x")])), "{name}");
        }
        assert!(!was_forwarded(&headers(&[
            ("accept", "*/*"),
            ("user-agent", "curl")
        ])));
        assert_eq!(
            hops(&headers(&[("via", "1.1 a, 1.0 b"), ("via", "2 c")])),
            3
        );
        assert_eq!(hops(&HeaderMap::new()), 0);
    }
}
