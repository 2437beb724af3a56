//! Which requests an endpoint sees, and what of them the requests of tests have too.

use std::fmt;
use std::net::SocketAddr;

use http::uri::Scheme;
use http::{Extensions, Request, Version};

use super::Endpoint;
use crate::theirs::ask;
use crate::{Arrival, SmokeRequest};

/// Where an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Around the application: every request passes.
    Around,
    /// Among the application's routes: it sees its own requests alone.
    Among,
    /// At a port of its own, whose server is not the application's.
    Apart,
}

/// What is asked of the server's own words on a request.
#[derive(Clone)]
pub(super) struct Face {
    stands: Stands,
    peer: fn(&Extensions) -> Option<SocketAddr>,
    mirrored: Vec<fn(&Extensions, &mut Extensions)>,
}

impl Default for Face {
    fn default() -> Self {
        Self {
            stands: Stands::Around,
            peer: |extensions| extensions.get().copied(),
            mirrored: Vec::new(),
        }
    }
}

impl Face {
    fn arrival(
        &self,
        version: Version,
        scheme: Option<&Scheme>,
        extensions: &Extensions,
    ) -> Arrival {
        let mut arrival = Arrival::new(version);
        // The request may be a user's, and does not end where these panic.
        arrival.peer = ask(|| (self.peer)(extensions)).flatten();
        arrival.scheme = scheme.cloned();
        for mirror in &self.mirrored {
            ask(|| mirror(extensions, &mut arrival.extensions));
        }
        arrival
    }
}

impl Endpoint {
    /// Sets how to read the peer's address from a request's extensions. Without this, it is a
    /// `SocketAddr` there.
    #[must_use]
    pub fn peer(mut self, of: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.face.peer = of;
        self
    }

    /// Copies an extension that the server adds to requests, from the request that asks for the run to
    /// the requests of its tests.
    #[must_use]
    pub fn mirror<T: Clone + Send + Sync + 'static>(mut self) -> Self {
        self.face.mirrored.push(|from, to| {
            if let Some(value) = from.get::<T>() {
                to.insert(value.clone());
            }
        });
        self
    }

    /// Says that this endpoint is one of the application's routes, so it does not see the
    /// application's other requests.
    #[must_use]
    pub fn among_routes(mut self) -> Self {
        self.face.stands = Stands::Among;
        self
    }

    /// Says that this endpoint has its own port. How requests arrive there says nothing about the
    /// application's requests.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.face.stands = Stands::Apart;
        self
    }

    /// Whether the adapter should call [`note_arrival`](Self::note_arrival) for a request to the
    /// application. For adapters that do not call [`receive`](Self::receive).
    #[inline]
    #[must_use]
    pub fn wants_arrival(&self) -> bool {
        self.runner.arrivals().is_wanted()
    }

    /// Records how a request to the application arrived, for runs that no request asks for.
    #[cold]
    pub fn note_arrival(&self, arrival: Arrival) {
        if self.face.stands == Stands::Around {
            self.runner.arrivals().note(arrival);
        }
    }

    /// How a request arrived: the [`Arrival`] in its extensions, if an adapter put one there, or else
    /// what the extensions say.
    #[must_use]
    pub fn arrival(&self, head: &http::request::Parts) -> Arrival {
        match head.extensions.get::<Arrival>() {
            Some(arrival) => arrival.clone(),
            None => self
                .face
                .arrival(head.version, head.uri.scheme(), &head.extensions),
        }
    }

    /// How the requests of the run that this one asks for arrive. None if the endpoint stands apart from
    /// the application.
    pub(super) fn arrival_of_run(&self, head: &http::request::Parts) -> Option<Arrival> {
        match self.face.stands {
            Stands::Around => {
                let arrival = self.arrival(head);
                self.note_arrival(arrival.clone());
                Some(arrival)
            }
            // The layer, where there is one too, is nearer to what users get.
            Stands::Among => {
                let last = self.runner.arrivals().last();
                Some(last.unwrap_or_else(|| self.arrival(head)))
            }
            Stands::Apart => None,
        }
    }

    #[cold]
    pub(super) fn look_at<B>(&self, request: &Request<B>) {
        let extensions = request.extensions();
        // A test's own request arrived as another one did.
        if extensions.get::<SmokeRequest>().is_none() {
            let scheme = request.uri().scheme();
            self.note_arrival(self.face.arrival(request.version(), scheme, extensions));
        }
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face")
            .field("stands", &self.stands)
            .finish_non_exhaustive()
    }
}
