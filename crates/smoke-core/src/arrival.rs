//! How a request arrived, as far as only the server can say.

use std::mem;
use std::net::{Ipv4Addr, SocketAddr};

use http::uri::Scheme;
use http::{Extensions, Version};

/// How a request arrived: what a server says of it beside its head.
///
/// The requests of a smoke test arrive as the one did that asked for its run, so that they see what
/// users' requests see, and no more: where the server does not say who the peer is, they have none.
/// A run that no request has asked for takes it as the last request to the application had it, and
/// before any, comes from the loopback interface: that is the [`Default`].
///
/// A test gives its request another one with [`RequestBuilder::extension`](crate::RequestBuilder::extension).
///
/// Adapters find it in the extensions of a test's request, and [`settle`](Self::settle) it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// Who sent the request; none where the server does not say so.
    pub peer: Option<SocketAddr>,
    /// How the request's target begins, where it is a whole URL, as with HTTP/2.
    pub scheme: Option<Scheme>,
    /// The version of HTTP.
    pub version: Version,
    /// What else the server puts beside a request, as far as the application names it.
    pub extensions: Extensions,
}

impl Arrival {
    /// A request with that version of HTTP, of which nothing else is known.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self {
            peer: None,
            scheme: None,
            version,
            extensions: Extensions::new(),
        }
    }

    /// Takes the arrival out of the extensions of a test's request and puts there what the server
    /// would have put; what the test itself has put there stays. Returns who the peer is.
    pub fn settle(extensions: &mut Extensions) -> Option<SocketAddr> {
        let arrival = extensions.remove::<Self>()?;
        if !arrival.extensions.is_empty() {
            let own = mem::replace(extensions, arrival.extensions);
            extensions.extend(own);
        }
        arrival.peer
    }
}

impl Default for Arrival {
    fn default() -> Self {
        Self {
            peer: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            ..Self::new(Version::HTTP_11)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_test_has_put_beside_its_request_stays() {
        let mut arrival = Arrival::default();
        arrival.extensions.insert("the server's");
        arrival.extensions.insert(7_u8);
        let mut extensions = Extensions::new();
        extensions.insert("the test's");
        extensions.insert(arrival);
        let peer = Arrival::settle(&mut extensions).unwrap();
        assert_eq!(peer.to_string(), "127.0.0.1:0");
        assert_eq!(extensions.get(), Some(&"the test's"));
        assert_eq!(extensions.get(), Some(&7_u8));
        assert!(Arrival::settle(&mut extensions).is_none());
    }
}
