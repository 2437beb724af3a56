//! Whom a request comes from, by the network.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

use super::forwarded::{hops, named, was_forwarded, ways};

/// The networks that are trusted, and the proxies that are believed.
#[derive(Default)]
pub(crate) struct Networks {
    allowed: List,
    proxies: List,
}

#[derive(Default)]
struct List {
    networks: Vec<IpNet>,
    /// How many were named, also those that could not be read.
    named: usize,
    problems: Vec<String>,
}

impl Networks {
    pub(crate) fn allow(&mut self, network: &str) {
        self.allowed.add(network, ".allow(..)");
    }

    pub(crate) fn proxy(&mut self, network: &str) {
        self.proxies.add(network, ".proxies(..)");
    }

    pub(crate) fn allows_some(&self) -> bool {
        self.allowed.named > 0
    }

    pub(crate) fn problems(&self) -> impl Iterator<Item = &String> {
        self.allowed.problems.iter().chain(&self.proxies.problems)
    }

    /// Whether a request came from an allowed network, through no proxies but the listed ones.
    ///
    /// A proxy is not a client: a request of its own that names no client is not trusted. The client is
    /// the right-most address that is not a proxy's. If anything stands left of it, an unlisted proxy
    /// forwarded the request, or the client made it up.
    pub(crate) fn trust(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        let Some(peer) = peer.filter(|_| self.allows_some()) else {
            return false;
        };
        let peer = peer.ip().to_canonical();
        if !self.proxies.have(peer) {
            return self.allowed.have(peer) && !was_forwarded(headers);
        }
        // A proxy writes one of the headers and passes the other on, which may be made up: both count.
        let ways = ways(headers).unwrap_or_default();
        let known = |address: &IpAddr| self.allowed.have(*address) || self.proxies.have(*address);
        let contradicts = named(headers).is_none_or(|named| !named.iter().all(known));
        !contradicts
            && !ways.is_empty()
            && ways
                .iter()
                .all(|way| self.leads_from_a_client(way, hops(headers)))
    }

    fn leads_from_a_client(&self, way: &[IpAddr], hops: usize) -> bool {
        let Some((client, proxies)) = way.split_first() else {
            return false;
        };
        let listed = |address: &IpAddr| self.proxies.have(*address);
        // The peer is a proxy, too, and may have said so.
        let most = proxies.len() + 1;
        proxies.iter().all(listed) && !listed(client) && self.allowed.have(*client) && hops <= most
    }
}

impl List {
    /// What cannot be read is not shown: it may be a secret that got into the wrong variable.
    fn add(&mut self, network: &str, of: &str) {
        self.named += 1;
        match read(network.trim()) {
            Ok(network) => self.networks.push(network),
            Err(why) => self.problems.push(format!(
                "network {} of {of} {why}: write one like 10.0.0.0/8, or an address",
                self.named
            )),
        }
    }

    fn have(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }
}

fn read(text: &str) -> Result<IpNet, &'static str> {
    let network: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().map_err(|_| "cannot be read")?,
    };
    if network.trunc() != network {
        return Err("has an address that its prefix is too short for");
    }
    if network.addr().to_canonical() != network.addr() {
        return Err("is one of IPv4, written as one of IPv6");
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 10.0.0.0/8 is trusted, and the proxies are 10.9.0.0/16 and 192.0.2.1.
    fn networks() -> Networks {
        let mut networks = Networks::default();
        for network in ["10.0.0.0/8", "2001:db8::/32"] {
            networks.allow(network);
        }
        for network in ["10.9.0.0/16", "192.0.2.1"] {
            networks.proxy(network);
        }
        assert_eq!(networks.problems().count(), 0);
        networks
    }

    fn trusts(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        networks().trust(Some(SocketAddr::new(peer.parse().unwrap(), 4711)), &map)
    }

    #[test]
    fn a_peer_is_trusted_by_its_own_address_alone() {
        for peer in ["10.0.0.7", "::ffff:10.0.0.7", "2001:db8::7"] {
            assert!(trusts(peer, &[("accept", "*/*")]), "{peer}");
            for header in ["forwarded", "x-forwarded-for", "via", "x-real-ip"] {
                assert!(!trusts(peer, &[(header, "10.0.0.7")]), "{peer} {header}");
            }
        }
        for peer in [
            "11.0.0.7",
            "192.0.2.1",
            "10.9.0.1",
            "::10.0.0.7",
            "2001:db9::7",
        ] {
            assert!(!trusts(peer, &[]), "{peer}");
        }
        assert!(!networks().trust(None, &HeaderMap::new()));
    }

    #[test]
    fn a_client_that_another_header_names_otherwise_is_not_trusted() {
        for (address, trusted) in [("10.0.0.7", true), ("203.0.113.5", false), ("x", false)] {
            let headers = [("x-forwarded-for", "10.0.0.7"), ("x-real-ip", address)];
            assert_eq!(trusts("192.0.2.1", &headers), trusted, "{address}");
        }
    }

    #[test]
    fn behind_listed_proxies_the_client_is_whom_they_name() {
        for way in ["10.0.0.7", "10.0.0.7, 10.9.0.2", "10.0.0.7:80,192.0.2.1"] {
            assert!(trusts("192.0.2.1", &[("x-forwarded-for", way)]), "{way}");
        }
        for way in [
            "203.0.113.5",
            // Somebody who is not listed has forwarded it, or has made up where it began.
            "203.0.113.5, 10.0.0.7",
            "10.0.0.7, 203.0.113.5",
            "10.0.0.7, 10.0.0.8",
            "unknown, 10.0.0.7",
            "10.0.0.7, unknown",
            // Proxies are no clients.
            "10.9.0.2",
            "192.0.2.1, 10.9.0.2",
            "",
        ] {
            assert!(!trusts("192.0.2.1", &[("x-forwarded-for", way)]), "{way}");
        }
        assert!(trusts(
            "10.9.0.1",
            &[("forwarded", "for=10.0.0.7;by=10.9.0.1")]
        ));
        assert!(!trusts("10.9.0.1", &[("x-real-ip", "10.0.0.7")]));
        assert!(!trusts("10.9.0.1", &[]));
    }

    #[test]
    fn a_header_that_the_proxy_passes_on_is_not_believed_alone() {
        let (client, forged) = (
            ("x-forwarded-for", "203.0.113.5"),
            ("forwarded", "for=10.0.0.7"),
        );
        assert!(!trusts("192.0.2.1", &[client, forged]));
        let (client, forged) = (
            ("forwarded", "for=203.0.113.5"),
            ("x-forwarded-for", "10.0.0.7"),
        );
        assert!(!trusts("192.0.2.1", &[client, forged]));
        let client = ("x-forwarded-for", "10.0.0.7");
        assert!(trusts("192.0.2.1", &[client, ("via", "2.0 Caddy")]));
        assert!(!trusts(
            "192.0.2.1",
            &[client, ("via", "1.1 squid, 2.0 Caddy")]
        ));
    }

    #[test]
    fn what_is_no_network_is_named_and_not_shown() {
        for (network, why) in [
            ("", "cannot be read"),
            ("10.0.0.0/33", "cannot be read"),
            ("shop.example", "cannot be read"),
            ("t0ken", "cannot be read"),
            ("10.0.0.7/8", "too short"),
            ("::ffff:10.0.0.0/104", "of IPv4"),
        ] {
            let mut networks = Networks::default();
            networks.allow("10.0.0.0/8");
            networks.allow(network);
            networks.proxy(network);
            let problems: Vec<_> = networks.problems().collect();
            assert_eq!(problems.len(), 2, "{network}");
            assert!(
                problems[0].starts_with("network 2 of .allow(..) "),
                "{problems:?}"
            );
            assert!(problems[0].contains(why), "{problems:?}");
            assert!(
                problems[1].starts_with("network 1 of .proxies(..) "),
                "{problems:?}"
            );
            assert!(!problems[0].contains("t0ken"), "{problems:?}");
        }
    }

    /// Names and values as somebody might send them to be believed.
    fn forged() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let name = prop_oneof![
            Just("forwarded"),
            Just("x-forwarded-for"),
            Just("via"),
            Just("x-real-ip"),
            Just("x-forwarded-proto"),
        ];
        let word = prop_oneof![
            Just("10.0.0.7".to_owned()),
            Just("for=10.0.0.7".to_owned()),
            Just("192.0.2.1".to_owned()),
            Just("for=\"[2001:db8::7]:1\"".to_owned()),
            Just("::ffff:10.0.0.7".to_owned()),
            Just("\"".to_owned()),
            Just("for=\"".to_owned()),
            "[ -~]{0,12}",
        ];
        let value =
            prop::collection::vec((word, prop_oneof![Just(", "), Just(";"), Just("")]), 0..5)
                .prop_map(|words| words.into_iter().map(|(word, end)| word + end).collect());
        prop::collection::vec((name, value), 0..4)
    }

    fn map(headers: &[(&'static str, String)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn peer(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().unwrap(), 4711))
    }

    proptest! {
        #[test]
        fn no_header_makes_a_stranger_trusted(headers in forged(), address: [u8; 4]) {
            let stranger = SocketAddr::from((address, 1));
            prop_assume!(address[0] != 10 && address != [192, 0, 2, 1]);
            prop_assert!(!networks().trust(Some(stranger), &map(&headers)));
        }

        #[test]
        fn no_header_of_a_stranger_behind_a_proxy_is_believed(mut headers in forged(), appends: bool, by_name: bool) {
            let (name, client) = if by_name { ("forwarded", "for=203.0.113.5") } else { ("x-forwarded-for", "203.0.113.5") };
            // A proxy writes whom it serves into a line of its own, or at the end of the last one.
            match headers.iter_mut().rev().find(|(sent, _)| appends && *sent == name) {
                Some((_, last)) => *last = format!("{last}, {client}"),
                None => headers.push((name, client.to_owned())),
            }
            prop_assert!(!networks().trust(peer("192.0.2.1"), &map(&headers)));
        }

        #[test]
        fn whatever_was_forwarded_by_somebody_unlisted_is_not_trusted(headers in forged()) {
            let trusted = networks().trust(peer("10.0.0.7"), &map(&headers));
            prop_assert_eq!(trusted, headers.is_empty());
        }

        #[test]
        fn any_bytes_can_be_read(value in prop::collection::vec(any::<u8>(), 0..60), network in ".{0,40}") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = http::HeaderValue::from_bytes(&value) {
                for name in ["forwarded", "x-forwarded-for", "via"] {
                    headers.append(name, value.clone());
                }
            }
            let mut networks = networks();
            networks.allow(&network);
            networks.proxy(&network);
            let _ = networks.trust(peer("192.0.2.1"), &headers);
        }
    }
}
