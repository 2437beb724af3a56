//! How a request arrived, as far as only the server can say.

use std::mem;
use std::net::{Ipv4Addr, SocketAddr};

use http::uri::Scheme;
use http::{Extensions, Version};

/// How a request arrived: what the server knows of it beside its head.
///
/// The requests of a smoke test arrive as the request did that asked for the run. So they see what
/// users' requests see, and no more: if the server does not tell the peer, they have none. If no
/// request asked for the run, they arrive as the last request to the application did. Before the
/// first one, they come from the loopback interface, which is the [`Default`].
///
/// A test sets another arrival with [`RequestBuilder::extension`](crate::RequestBuilder::extension).
///
/// Adapters find it in the extensions of a test's request, and apply it with
/// [`settle`](Self::settle).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The address of the sender, if the server tells it.
    pub peer: Option<SocketAddr>,
    /// The scheme of the request's target, if the target is an absolute URL, as with HTTP/2.
    pub scheme: Option<Scheme>,
    /// The version of HTTP.
    pub version: Version,
    /// Other extensions that the server adds to a request, as far as the application names them.
    pub extensions: Extensions,
}

impl Arrival {
    /// The arrival of a request of which only the version of HTTP is known.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self {
            peer: None,
            scheme: None,
            version,
            extensions: Extensions::new(),
        }
    }

    /// Replaces the arrival in the extensions of a test's request by the extensions that the server
    /// would have added, and returns the peer. Extensions that the test added itself stay.
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
